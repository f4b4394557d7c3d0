import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ATTEMPTS_MAX } from "../../master/dispatch/stage_run.ts";
import { hasEnded } from "../../master/jobs/job.ts";
import { type FleetBench, resultOf, settled, withFleet } from "./fleet_bench.ts";
import { inLong, picture, spec, unowned } from "./harness.ts";
import { answer } from "./job_states.ts";
import { seeded } from "./random.ts";
import { ALL_EVENTS, SimulatedFleet } from "./simulated_fleet.ts";

const SEEDS = inLong(30, 300);
const EVENTS_MAX = 250;
/** Real time, since canvases are read and written by the real clock: on a busy disk simulated minutes are over at once. */
const CALM_MS = 60_000;
/** Two stages: figures that are counted twice show in the pixels just as wrong pixels do. */
const asked = { pipeline: "box_blur(radius=2) | contrast | sharpen", tileSize: 64 };
const JOBS = ["a", "b"];
const folder = mkdtempSync(join(tmpdir(), "tessera-fleet-"));
const reached = new Map<string, number>();
let source = "";
let expected: Buffer;

const count = (what: string, times = 1): void => void reached.set(what, (reached.get(what) ?? 0) + times);

beforeAll(async () => {
  source = await picture(folder, spec(250, 190, 1));
  expected = await withFleet({}, async (bench) => {
    bench.join(answer);
    await bench.master.submit({ ...asked, id: "a", source: unowned(source) });
    return resultOf(bench, "a");
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A job may only fail by a tile that had all its attempts, each troubled; then it is tried again. */
function retryFailed(bench: FleetBench, fleet: SimulatedFleet): string[] {
  const unjust: string[] = [];
  bench.master.onProgress(({ id, state, error }) => {
    if (state !== "failed") return;
    const { stage, tile, attempt } = bench.bus.deadLetters.at(-1)!;
    const troubles = fleet.troubles(id, stage, tile);
    if (attempt !== ATTEMPTS_MAX || troubles < ATTEMPTS_MAX)
      unjust.push(`${error?.message} (${attempt} attempts, ${troubles} troubles)`);
    count(error!.code);
    fleet.triedAgain(id);
    bench.master.retry(id);
  });
  return unjust;
}

describe("P3, P4: whatever workers do, the bytes are the same", () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))("seed %d", async (seed) => {
    await withFleet({ packs: seed % 2 === 0, durable: seed % 5 === 0 }, async (bench) => {
      const { master } = bench;
      const fleet = new SimulatedFleet(bench, seeded(seed), count);
      const unjust = retryFailed(bench, fleet);
      for (const id of JOBS) await master.submit({ ...asked, id, source: unowned(source) });
      const states = () => master.jobs().map(({ state }) => state);
      // While a job is decoded or encoded, only the real clock moves.
      const isRunning = () => states().includes("running") || states().includes("paused");
      for (let i = 0; i < EVENTS_MAX && !states().every(hasEnded); ) {
        if (isRunning()) i++;
        await fleet.act();
      }
      const until = performance.now() + CALM_MS;
      while (performance.now() < until && !states().every(hasEnded))
        await (isRunning() ? fleet.behave() : settled());
      expect(unjust).toEqual([]);
      expect(states()).toEqual(["done", "done"]);
      expect(fleet.tooOften()).toEqual([]);
      for (const id of JOBS) expect((await resultOf(bench, id)).equals(expected)).toBe(true);
      const { sentAgain, returned, ignored } = master.dispatched();
      count("sent again", sentAgain);
      count("returned", returned);
      count("ignored", ignored);
    });
  });

  test("and the seeds did reach everything that can happen", () => {
    // A few seeds may not come to a job that fails.
    const failures = process.env.TEST_LONG ? ["tile_failed", "tile_lost"] : [];
    const outcomes = ["sent again", "returned", "ignored", ...failures];
    expect([...ALL_EVENTS, ...outcomes].filter((what) => (reached.get(what) ?? 0) < 3)).toEqual([]);
  });
});
