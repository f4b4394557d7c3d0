import type { Caller } from "../../master/access/caller.ts";
import type { Gate } from "../../master/access/gate.ts";
import { EventHub } from "../../master/events/hub.ts";
import { createApp } from "../../master/http/app.ts";
import { SOCKETS, type SocketOutlet } from "../../master/http/events/socket.ts";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import type { Scope } from "../../shared/api/scopes.ts";
import { TesseraError } from "../../shared/errors.ts";
import type { TestClock } from "../engine/clock.ts";
import type { Bench } from "../engine/harness.ts";
import { checkAnswer } from "./answers.ts";
import { UPLOAD_BYTES_MAX } from "./edge.ts";

/** Who asks says so in a header: `ann` or `ann read`; whoever is in `refused` is not known (any more). */
export const gateByName = (refused: ReadonlySet<string> = new Set()): Gate => ({
  identify({ headers }: Request): Caller {
    const [owner, ...scopes] = (headers.get("x-who") ?? "root admin").split(" ");
    if (refused.has(owner!)) throw new TesseraError("unauthorized");
    return { owner: owner!, name: owner!, scopes: new Set(scopes as Scope[]) };
  },
});

export interface EventServer {
  readonly hub: EventHub;
  readonly http: string;
  readonly ws: string;
  stop(): Promise<void>;
}

/** A master's app on a socket, as the product serves it. */
export function serveEvents(
  { master }: Bench,
  { gate = gateByName(), clock, limits = {} }: { gate?: Gate; clock?: TestClock; limits?: object } = {},
): EventServer {
  const hub = new EventHub(master, {
    ...{ ...DEFAULT_LIMITS, ...limits },
    ...(clock && { now: clock.now, every: clock.every }),
  });
  const app = createApp(master, {
    ...{ gate, events: hub, uploadBytesMax: UPLOAD_BYTES_MAX, durable: false, checkAnswer },
  });
  const server = Bun.serve<SocketOutlet, never>({
    ...{ hostname: "127.0.0.1", port: 0, websocket: SOCKETS },
    fetch: (request, bun) => app.fetch(request, bun),
  });
  const address = `127.0.0.1:${server.port}/v1/events`;
  return {
    ...{ hub, http: `http://${address}`, ws: `ws://${address}` },
    async stop() {
      hub.close();
      await server.stop(true);
    },
  };
}
