/** The contract in the form that tools know: OpenAPI 3.1. */
import manifest from "../../../package.json" with { type: "json" };
import type { Route } from "../route.ts";
import { ROUTES } from "../routes.ts";
import { SCOPES } from "../scopes.ts";
import { COMMON_HEADERS, type Header, type OperationObject, operationOf } from "./operation.ts";
import { type JsonSchema, SchemaCollector } from "./schemas.ts";
import { webhooksOf } from "./webhooks.ts";

export type { JsonSchema, OperationObject };

export interface OpenApi {
  readonly openapi: string;
  readonly info: Readonly<Record<string, unknown>> & { readonly title: string; readonly version: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly webhooks: ReturnType<typeof webhooksOf>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly headers: Readonly<Record<string, Header>>;
    readonly securitySchemes: Readonly<Record<string, JsonSchema>>;
  };
}

const DESCRIPTION = `Send an image and a pipeline, follow the job, fetch the result.

Names are \`snake_case\`, times RFC 3339 in UTC. What a request has beyond what stands here is refused. Failures are
problems (RFC 9457) whose \`code\` is stable; \`retryable\` says whether the same request may work later.

Scopes: ${SCOPES.map((scope) => `\`${scope}\``).join(", ")}; the last one has all others in it. Until there is a
first key a server listens on a loopback address only, and whoever reaches it may do all.`;

/** What stands under each heading. */
const TAGS: Readonly<Record<string, string>> = {
  jobs: "One image, one pipeline, one result.",
  uploads: "Large images over bad lines: sent in parts, and gone on with after any interruption.",
  batches: "Many images, one pipeline.",
  webhooks: "Calls that tell of a job's end: its `webhook` is sent the job.",
  workers: "Who computes the tiles.",
  "dead-letters": "Tiles that were given up on, and their jobs tried again.",
  events: "What happens, as it happens.",
  session: "Who you are, and browsers that sign in.",
  keys: "Who may do what.",
  pictures: "Images of jobs to look at, small or in parts, also while they run.",
  system: "What this server can do, and how it is.",
};

/** Ways to say who one is. */
const LOGINS: Readonly<Record<string, JsonSchema>> = {
  key: {
    type: "http",
    scheme: "bearer",
    description: "A key (`tessera keys`), or an access token of the provider that the server trusts.",
  },
  header: {
    type: "apiKey",
    in: "header",
    name: "X-API-Key",
    description: "A key, for those who set no others.",
  },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "tessera_session",
    description: "A browser that has signed in; with TLS the name is `__Host-tessera_session`.",
  },
};

/** The whole document, made of the table of routes; always the same for the same table. */
export function openApiDocument(): OpenApi {
  const schemas = new SchemaCollector();
  const all = Object.entries(ROUTES) as [string, Route][];
  const paths = [...Map.groupBy(all, ([, { path }]) => path)].map(([path, routes]) => [
    path,
    Object.fromEntries(
      routes.map(([name, route]) => [route.method, operationOf(name, route, schemas, Object.keys(LOGINS))]),
    ),
  ]);
  const tags = [...new Set(all.map(([, { tag }]) => tag))];
  return {
    openapi: "3.1.1",
    info: {
      ...{
        title: "Tessera",
        version: manifest.version,
        summary: manifest.description,
        description: DESCRIPTION,
      },
      license: { name: manifest.license, identifier: manifest.license },
    },
    servers: [{ url: "/" }],
    tags: tags.map((name) => ({ name, description: TAGS[name] ?? "" })),
    paths: Object.fromEntries(paths),
    webhooks: webhooksOf(schemas),
    components: { schemas: schemas.components, headers: COMMON_HEADERS, securitySchemes: LOGINS },
  };
}
