import { Access } from "../../master/access/access.ts";
import { serve, serviceOf } from "../../master/http/server/serve.ts";
import { DEFAULT_LIMITS, type Limits } from "../../master/limits.ts";
import type { Task } from "../../shared/bus/messages.ts";
import { withDefaults } from "../../shared/config/table.ts";
import { openBench } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";

/** Nobody beats: who has joined stays. */
const PATIENT = { silentAfterMs: 3_600_000, lostAfterMs: 7_200_000 };

/** A real server whose workers are in the hands of a test: a tile stands as it does until the test moves it. */
export interface HeldServer {
  readonly url: string;
  join(serve?: (task: Task, worker: OwnWorker) => void | Promise<void>): OwnWorker;
  stop(): Promise<void>;
}

export function openHeld(folder: string, limits: Partial<Limits> = {}): HeldServer {
  const bench = openBench(folder, { silence: PATIENT, limits });
  const access = new Access();
  const options = { access, limits: { ...DEFAULT_LIMITS, ...limits }, durable: false };
  const server = serve(bench.master, { ...serviceOf(withDefaults({ port: 0 })), ...options });
  return {
    url: server.url,
    join: (serveTask) => new OwnWorker(bench.bus, bench.buffers, serveTask),
    async stop() {
      await server.stop();
      await bench.master.stop();
      await bench.bus.close();
      access.close();
    },
  };
}
