import { expect, test } from "bun:test";
import type { JobView } from "../../client/client.ts";
import { lookOf } from "../../page/jobs/look.ts";

const job = (state: JobView["state"], progress: Partial<JobView["progress"]> = {}, attempts = 1) => ({
  ...{ state, attempts },
  progress: {
    tiles_done: 1,
    tiles_total: 9,
    tiles_failed: 0,
    tiles_retried: 0,
    tiles_per_second: 1,
    ...progress,
  },
});

test.each([
  [job("running", { heard_ms_ago: 100 }), "Running", "busy"],
  [job("running", { heard_ms_ago: 100, tiles_failed: 1, tiles_retried: 4 }), "Retrying", "warn"],
  [job("running", { heard_ms_ago: 45_000, tiles_failed: 1 }), "Stalled", "warn"],
  [job("exporting", { heard_ms_ago: 45_000 }), "Writing", "busy"],
  [job("failed", { tiles_failed: 1 }), "Failed", "bad"],
  [job("paused", { tiles_failed: 1 }), "Paused", "warn"],
  [job("done", { tiles_retried: 3 }), "Done", "good"],
] as const)(
  "P8: a job that is tried again is told from one that stalls and one that has failed: %#",
  (seen, word, tone) => {
    expect(lookOf(seen)).toMatchObject({ word, tone });
  },
);

test("what stalls says for how long, and what runs another time says so", () => {
  expect(lookOf(job("running", { heard_ms_ago: 45_000 })).more).toContain("No tile has come back for 45 s");
  expect(lookOf(job("running", { heard_ms_ago: 1 }, 2)).more).toBe("Try 2");
});
