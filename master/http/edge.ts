/** The way of a request from the socket to a route's handler and back, the same for every route. */
import type { ReadableStream } from "node:stream/web";
import type { TObject } from "@sinclair/typebox";
import { type Context, Hono } from "hono";
import { isStreamed, type Route, strict } from "../../shared/api/route.ts";
import { type Operation, ROUTES } from "../../shared/api/routes.ts";
import { TesseraError } from "../../shared/errors.ts";
import { type Pace, steadily } from "../accept/steady.ts";
import { type Caller, may, STRANGER } from "../access/caller.ts";
import type { Gate } from "../access/gate.ts";
import type { Limiter } from "../limiting/limiter.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { type Answered, followed } from "./followed.ts";
import { crossOrigin, securityHeaders } from "./headers.ts";
import { type Environment, identify, limited } from "./limited.ts";
import { problem } from "./problem.ts";
import type { Call, Handlers } from "./route_call.ts";
import { queryOf, readJson, readTexts } from "./values.ts";

type App = Hono<Environment>;
type AppContext = Context<Environment>;

export interface EdgeOptions {
  readonly gate: Gate;
  readonly limiter: Limiter;
  /** Whether the server speaks TLS. */
  readonly secure?: boolean;
  /** Origins whose pages may ask, beside our own. */
  readonly corsOrigins?: readonly string[];
  /** See `ClientAddress`. */
  readonly trustedProxies?: readonly string[];
  readonly bodyPace?: Pace;
  /** At work on one server; streams that are still taken are. */
  readonly requestsMax?: number;
  readonly onAnswered?: (answered: Answered) => void;
  /** For tests: sees every answer of a route before it is sent. What it throws is a fault of ours. */
  readonly checkAnswer?: (operation: Operation, answer: Response) => Promise<void>;
}

const NOTHING = strict({});

/** After an answer that came before the end of its request's body. Bun would wait for that for ever. */
const LINGER_S = 4;
/** After any other answer, until nothing more of it is taken and no other request has come: as Bun has it. */
const IDLE_S = 10;

/** After which one who found the server busy may try again. */
const BUSY_S = 2;

/** Puts every route of the table on its path. */
export function createEdge(handlers: Handlers<typeof ROUTES>, options: EdgeOptions): App {
  const app: App = new Hono<Environment>();
  app.onError((thrown, { var: { requestId } }) => problem(thrown, requestId));
  app.notFound(({ var: { requestId } }) => problem(new TesseraError("route_not_found"), requestId));
  app.use(followed(options.onAnswered ?? (() => {})));
  app.use(securityHeaders(options.secure ?? false));
  // Bun makes the address of whatever the Host header says, and of two of them takes the first.
  app.use(async ({ req, var: { requestId } }, next) =>
    URL.canParse(req.url) && req.header("host")?.includes(",") !== true
      ? await next()
      : problem(new TesseraError("request_invalid", "The Host is not one."), requestId),
  );
  // An origin that is not on the list is told nothing, and its pages' browsers refuse for us.
  if (options.corsOrigins !== undefined && options.corsOrigins.length > 0)
    app.use(crossOrigin(options.corsOrigins));
  app.use(limited(options.limiter, options.trustedProxies ?? []));
  const all = Object.entries(ROUTES) as [Operation, Route][];
  for (const [operation, route] of all) {
    const handler = handlers[operation] as (call: Call<Route>) => unknown;
    app.on(route.method.toUpperCase(), honoPath(route.path), async (context) => {
      const answer = await handle(context, route, handler, options);
      for (const [name, value] of Object.entries(route.always ?? {})) answer.headers.set(name, value);
      await options.checkAnswer?.(operation, answer);
      return answer;
    });
  }
  for (const [path, routes] of Map.groupBy(all, ([, { path }]) => path)) {
    const methods = routes.map(([, { method }]) => method.toUpperCase());
    const allow = [...methods, ...(methods.includes("GET") ? ["HEAD"] : [])].join(", ");
    app.all(honoPath(path), ({ var: { requestId } }) => {
      const refused = problem(new TesseraError("method_not_allowed", `Allowed here: ${allow}.`), requestId);
      refused.headers.set("allow", allow);
      return refused;
    });
  }
  return app;
}

/** `/v1/jobs/{id}` as the router writes it. */
const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

async function handle(
  context: AppContext,
  route: Route,
  handler: (call: Call<Route>) => unknown,
  options: EdgeOptions,
): Promise<Response> {
  let leave: (() => void) | undefined;
  let stays = false;
  const timeout = (seconds: number) => context.env?.timeout?.(context.req.raw, seconds);
  timeout(0); // Bun would hang up on whoever waits for something that takes long, such as the end of a job's decoder
  try {
    const stayOpen = () => {
      stays = true;
    };
    const call = { ...(await read(context, route, options)), stayOpen };
    if (isStreamed(route.body)) leave = options.limiter.upload(call.caller.owner, context.var.address);
    const answer = await handler(call);
    if (answer instanceof Response) return answer;
    return Response.json(answer, { status: usualStatus(route), headers: call.answerHeaders });
  } catch (thrown) {
    return problem(thrown, context.var.requestId);
  } finally {
    leave?.();
    if (!stays) timeout(route.body === undefined ? IDLE_S : LINGER_S);
  }
}

/** Nothing of a request is read before it is known who asks and that they may. */
async function read(
  context: AppContext,
  route: Route,
  options: EdgeOptions,
): Promise<Omit<Call<Route>, "stayOpen">> {
  const request = context.req.raw;
  if (route.scope !== "open") refuseIfBusy(context, options);
  const caller = await admit(request, context.var, route, options);
  const { params, query, headers, body } = route;
  const noTimeout = () => context.env?.timeout?.(request, 0);
  const ended = new AbortController();
  const bytes = bytesOf(request, options.bodyPace ?? DEFAULT_LIMITS.bodyPace, noTimeout, ended.signal);
  const answerHeaders = new Headers();
  return {
    params: readTexts(params ?? NOTHING, context.req.param()),
    query: readTexts(query ?? NOTHING, queryOf(request.url)),
    headers: headers === undefined ? {} : readTexts(headers, headersOf(request, headers)),
    body: body === undefined || isStreamed(body) ? undefined : await readJson(body, request, bytes),
    bytes,
    endBytes: (reason) => ended.abort(reason),
    request,
    caller,
    answerHeaders,
    upgrade: (outlet) => context.env?.upgrade?.(request, { data: outlet, headers: answerHeaders }) ?? false,
    noTimeout,
  } as Omit<Call<Route>, "stayOpen">;
}

/** @throws server_busy */
function refuseIfBusy({ env }: AppContext, { requestsMax = DEFAULT_LIMITS.requestsMax }: EdgeOptions): void {
  if ((env?.pendingRequests ?? 0) > requestsMax)
    throw new TesseraError("server_busy", "", { retryAfterS: BUSY_S });
}

/** @throws unauthorized, forbidden, origin_refused, oidc_unavailable, rate_limited */
async function admit(
  request: Request,
  from: Environment["Variables"],
  { scope }: Route,
  { gate, limiter }: EdgeOptions,
): Promise<Caller> {
  if (scope === "open") return STRANGER;
  const caller = await identify(request, from, gate, limiter);
  if (scope !== "known" && !may(caller, scope))
    throw new TesseraError("forbidden", `It takes the scope '${scope}'.`);
  return caller;
}

/** Bun's own time-out would cut what comes steadily too. */
async function* bytesOf(
  request: Request,
  pace: Pace,
  noTimeout: () => void,
  ended: AbortSignal,
): AsyncGenerator<Uint8Array> {
  noTimeout();
  yield* steadily(request.body as ReadableStream<Uint8Array> | null, pace, ended);
}

const headersOf = (request: Request, { properties }: TObject) =>
  Object.fromEntries(
    Object.keys(properties).map((name) => [name, request.headers.get(name) ?? undefined] as const),
  );

/** The status of a route's usual answer. */
const usualStatus = ({ answers }: Route): number => Number(Object.keys(answers)[0]);
