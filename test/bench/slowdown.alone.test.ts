import { describe, expect, test } from "bun:test";
import { benchDispatch } from "../../bench/dispatch.ts";
import { LAYOUTS } from "../../bench/layouts.ts";
import { benchOps } from "../../bench/ops.ts";
import { benchPayload } from "../../bench/payload.ts";
import type { Metric } from "../../bench/record.ts";
import { changesText, compareRecords, failures } from "../../bench/report/compare.ts";
import { inLong } from "../engine/harness.ts";
import { record } from "./records.ts";

/** That a fifth is noticed takes a machine that does little else. */
const THRESHOLD = inLong(0.5, 0.1);
const SLOWER = inLong(1, 0.2);
/** Where the machine is busy with other things, more runs are needed to tell. */
const REPEATS = inLong([5, 15, 45], [15, 45, 135]);

const LIMIT_MS = 240_000;

type Measure = (repeats: number, slower: number) => Promise<readonly Metric[]>;

const BENCHES: readonly [what: string, metric: string, measure: Measure][] = [
  [
    "an op",
    "own over the yardstick/emboss, RGB8",
    async (repeats, slower) => {
      const options = {
        side: 256,
        repeats: 3 * repeats,
        warmups: 3,
        warmMs: 100,
        threads: 0,
        layouts: LAYOUTS,
        slower,
      } as const;
      return (await benchOps({ ...options, formats: ["RGB8"], only: ["emboss"] })).metrics;
    },
  ],
  [
    "the payload's codec",
    "encode over the yardstick/RGB8, fast",
    async (repeats, slower) =>
      (
        await benchPayload({
          side: 128,
          tilesMax: 2,
          repeats,
          warmups: 10,
          layouts: LAYOUTS,
          files: [],
          slower,
        })
      ).metrics,
  ],
  [
    "dispatch",
    "master's work over blur(sigma=5)/a tile",
    async (repeats, slower) =>
      (
        await benchDispatch({
          side: 768,
          repeats: 2 * repeats,
          warmups: 8,
          warmMs: 100,
          layouts: LAYOUTS,
          slower,
        })
      ).metrics,
  ],
];

/** Dispatch takes a minute to tell on a busy machine. */
const now = inLong(BENCHES.slice(0, 2), BENCHES);

describe("the comparison of real runs", () => {
  test.each(now)(
    `finds two alike the same, and %s that is ${100 * SLOWER} %% slower worse`,
    async (_, metric, measure) => {
      await measure(REPEATS[0]!, 0); // compiled
      let said = "";
      for (const repeats of REPEATS) {
        const before = record("bench", [...(await measure(repeats, 0))]);
        const again = record("bench", [...(await measure(repeats, 0))]);
        const slow = record("bench", [...(await measure(repeats, SLOWER))]);
        const alike = compareRecords([before], [again], THRESHOLD);
        const slower = compareRecords([before], [slow], THRESHOLD);
        said = [changesText(alike, THRESHOLD), changesText(slower, THRESHOLD)].join("\n\n");
        const caught = failures(slower).some(({ id }) => id === metric);
        if (caught && failures(alike).length === 0) return;
      }
      expect(said).toBe("same, and then worse");
    },
    LIMIT_MS,
  );
});
