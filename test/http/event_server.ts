import type { Gate } from "../../master/access/gate.ts";
import { EventHub } from "../../master/events/hub.ts";
import { SOCKETS, type SocketOutlet } from "../../master/http/events/socket.ts";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import type { TestClock } from "../engine/clock.ts";
import type { Bench } from "../engine/harness.ts";
import { CALLERS } from "./callers.ts";
import { edgeOf } from "./edge.ts";

export interface EventServer {
  readonly hub: EventHub;
  readonly http: string;
  readonly ws: string;
  stop(): Promise<void>;
}

/** A master's app on a socket, as the product serves it. */
export function serveEvents(
  { master }: Bench,
  { gate = CALLERS, clock, limits = {} }: { gate?: Gate; clock?: TestClock; limits?: object } = {},
): EventServer {
  const hub = new EventHub(master, {
    ...{ ...DEFAULT_LIMITS, ...limits },
    ...(clock && { now: clock.now, every: clock.every }),
  });
  const app = edgeOf({ master }, { gate, events: hub });
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
