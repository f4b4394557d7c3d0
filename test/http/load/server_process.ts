/**
 * A whole service in a process of its own, with one job whose tiles are watched. Its argument is a `Load` as JSON; it
 * says `Serving` when the job is there and is paused, runs it when it is told to, and says `Measured` when it has ended.
 */
import { openEngine } from "../../../embedded/engine.ts";
import { Access } from "../../../master/access/access.ts";
import { serve, serviceOf } from "../../../master/http/server/serve.ts";
import { DEFAULT_LIMITS } from "../../../master/limits.ts";
import { withDefaults } from "../../../shared/config/table.ts";

export interface Load {
  readonly dir: string;
  readonly source: string;
  readonly tileSize: number;
  readonly pipeline: string;
}

export interface Serving {
  readonly url: string;
  readonly job: string;
}

export interface Measured {
  /** When each tile came into each state, in milliseconds since 1970; by `keyOf`. */
  readonly events: Readonly<Record<string, number>>;
  /** How late a timer was each time, in milliseconds. */
  readonly lags: readonly number[];
  readonly rssBefore: number;
  readonly rssMax: number;
  readonly wallMs: number;
  readonly state: string;
}

const TIMER_MS = 5;

async function main({ dir, source, tileSize, pipeline }: Load): Promise<void> {
  const engine = openEngine({ dir });
  const { master } = engine;
  const service = serviceOf(withDefaults({ port: 0 }));
  const server = serve(master, { ...service, access: new Access(), limits: DEFAULT_LIMITS, durable: true });
  const { id } = await master.submit({
    source: { path: source, owned: false, name: "picture" },
    pipeline,
    tileSize,
  });
  master.pause(id);
  process.send!({ url: server.url, job: id } satisfies Serving);
  await new Promise((resolve) => process.once("message", resolve));

  const events: Record<string, number> = {};
  master.onTile(({ stage, tile, state, attempt }) => {
    events[`${stage}/${tile}/${state}/${attempt}`] = Date.now();
  });
  const rssBefore = process.memoryUsage.rss();
  let rssMax = rssBefore;
  const lags: number[] = [];
  let before = performance.now();
  const begun = before;
  const timer = setInterval(() => {
    const now = performance.now();
    lags.push(Math.max(0, now - before - TIMER_MS));
    before = now;
    if (lags.length % 50 === 0) rssMax = Math.max(rssMax, process.memoryUsage.rss());
  }, TIMER_MS);
  master.resume(id);
  const { state } = await master.wait(id);
  clearInterval(timer);
  const wallMs = performance.now() - begun;
  process.send!({ events, lags, rssBefore, rssMax, wallMs, state } satisfies Measured);
  await new Promise((resolve) => process.once("message", resolve));
  await server.stop();
  await engine.stop();
}

if (import.meta.main) {
  await main(JSON.parse(process.argv[2]!) as Load);
  process.exit(0);
}
