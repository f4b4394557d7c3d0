import { describe, expect, test } from "bun:test";
import type { JobView } from "../../client/client.ts";
import { canRetry, conditionOf, lookableOf } from "../../page/job/condition.ts";
import { Board } from "../../page/job/mosaic/board.ts";
import { cellOf, tileAt, tileByKey } from "../../page/job/mosaic/layout.ts";
import { Pace } from "../../page/job/pace.ts";
import { spansOf } from "../../page/job/timeline_spans.ts";
import type { TileView } from "../../shared/api/tiles.ts";

/** 4 x 3 tiles, the last ones of each row and column smaller. */
const GRID = { index: 0, columns: 4, rows: 3, tile_width: 64, tile_height: 64, width: 250, height: 130 };
const TOLD = { type: "tiles", topic: "tiles:it", seq: 1, part: 0, more: false } as const;

const tile = (index: number, state: TileView["state"], worker = "a", attempt = 1): TileView => ({
  ...{ stage: 0, tile: index, state, worker, attempt, ms: 5 },
});

const job = (more: Partial<JobView>): JobView =>
  ({
    ...{ state: "running", stages: 1, attempts: 1, source: {}, priority: 5 },
    progress: { tiles_done: 4, tiles_total: 12, tiles_failed: 0, tiles_retried: 0, tiles_per_second: 1 },
    ...more,
  }) as JobView;

describe("a board of tiles", () => {
  test("tells what is new, counts it by worker, and begins anew with a snapshot", () => {
    const board = new Board();
    const told: string[] = [];
    board.listen({
      anew: () => told.push("anew"),
      tile: (stage, index, done, worker) => told.push(`${stage}/${index} ${done} ${worker}`),
    });
    board.hear({
      ...TOLD,
      snapshot: true,
      stages: [GRID],
      tiles: [tile(0, "done"), tile(1, "in_flight", "b")],
    });
    board.hear({ ...TOLD, snapshot: false, stages: [], tiles: [tile(1, "done", "b", 2), tile(0, "done")] });
    expect(told).toEqual(["anew", "0/0 false a", "0/1 false b", "0/1 true b", "0/0 false a"]);
    expect(board.stages[0]).toMatchObject({ done: 2, count: 12 });
    expect(board.byWorker()).toEqual([
      { id: "a", done: 1 },
      { id: "b", done: 1 },
    ]);
    expect(board.stages[0]!.tile(1)).toEqual({
      ...{ column: 1, row: 0, state: "done", attempt: 2, worker: "b", ms: 5 },
    });
    board.hear({ ...TOLD, snapshot: true, stages: [GRID], tiles: [] });
    expect(board.byWorker()).toEqual([]);
    expect(board.atWork).toBe(0);
  });
});

describe("the layout of tiles", () => {
  test("covers the surface without gaps, whatever its size", () => {
    for (const surface of [
      { width: 333, height: 171 },
      { width: 7, height: 5 },
    ]) {
      let area = 0;
      for (let index = 0; index < 12; index++) {
        const { x, y, width, height } = cellOf(GRID, surface, index);
        area += width * height;
        expect(x + width).toBeLessThanOrEqual(surface.width);
        expect(y + height).toBeLessThanOrEqual(surface.height);
      }
      expect(area).toBe(surface.width * surface.height);
    }
  });

  test("finds the tile at a point, and where keys lead", () => {
    expect(tileAt(GRID, 0, 0)).toBe(0);
    expect(tileAt(GRID, 0.999, 0.999)).toBe(11);
    expect(tileAt(GRID, 65 / 250, 65 / 130)).toBe(5);
    expect(tileAt(GRID, 1, 0)).toBeUndefined();
    expect(tileAt(GRID, Number.NaN, 0)).toBeUndefined();
    expect(tileByKey(GRID, 3, "ArrowRight")).toBe(3);
    expect(tileByKey(GRID, 3, "ArrowDown")).toBe(7);
    expect(tileByKey(GRID, 7, "Home")).toBe(4);
    expect(tileByKey(GRID, 7, "x")).toBeUndefined();
  });
});

test("P5: the pace of workers is kept for a window of time, whoever they are", () => {
  const pace = new Pace();
  for (let second = 0; second < 1000; second++) pace.done(second < 500 ? "a" : "b", second * 1000);
  const { times, lines } = pace.lines(1_000_000);
  expect(times.length).toBeLessThanOrEqual(181);
  expect(lines.map(({ worker }) => worker)).toEqual(["b"]);
  expect(lines[0]!.values.at(-1)).toBe(1);
});

test("the bars of phases lie between the first begin and the last end", () => {
  const timeline = [
    { phase: "stage-0", from_ms: 30, ms: 50 },
    { phase: "ingest", from_ms: 20, ms: 40 },
    { phase: "export", from_ms: 70, ms: 50 },
  ];
  expect(spansOf({ timeline })).toEqual([
    { phase: "ingest", from: 0, length: 0.4, ms: 40 },
    { phase: "stage-0", from: 0.1, length: 0.5, ms: 50 },
    { phase: "export", from: 0.5, length: 0.5, ms: 50 },
  ]);
  expect(spansOf({})).toEqual([]);
});

describe("what is said of a job", () => {
  const seen = { liveWorkers: 1, quiet: undefined, nowMs: Date.parse("2026-01-02T00:00:00Z") };
  const [past, future] = ["2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z"];
  const titleOf = (more: Partial<JobView>, workers = 1) =>
    conditionOf(job(more), { ...seen, liveWorkers: workers })?.title;

  test("tells retrying, stalled and failed apart", () => {
    const { progress } = job({});
    expect(titleOf({})).toBeUndefined();
    expect(titleOf({ progress: { ...progress, tiles_failed: 1 } })).toBe("Retrying 1 tile");
    expect(titleOf({}, 0)).toBe("Stalled: no worker is there");
    expect(conditionOf(job({}), { ...seen, quiet: "Nothing for 40 s." })).toMatchObject({
      ...{ title: "Stalled", text: expect.stringContaining("Nothing for 40 s.") },
    });
    expect(titleOf({ state: "failed" })).toBe("Failed");
    expect(titleOf({ state: "done" })).toBeUndefined();
    expect(titleOf({ state: "done", expires_at: past })).toBe("The result has expired");
  });

  test("tells of a failed job whether it can be tried again, and what to do else", () => {
    const error = { code: "tile_failed", message: "A tile could not be processed." } as const;
    const failed = (expires_at?: string) =>
      job({ state: "failed", error, ...(expires_at !== undefined && { expires_at }) });
    expect(canRetry(failed(future), seen.nowMs)).toBe(true);
    expect(conditionOf(failed(future), seen)!.text).toMatch(/4 tiles of 12 are done and kept: retry/);
    for (const gone of [failed(past), failed()]) {
      expect(canRetry(gone, seen.nowMs)).toBe(false);
      expect(conditionOf(gone, seen)!.text).toMatch(/send the image again/);
    }
  });

  test("asks for no picture that is not there", () => {
    const source = { expires_at: future } as JobView["source"];
    expect(lookableOf(job({ state: "queued" }), seen.nowMs)).toEqual({ source: false, result: false });
    expect(lookableOf(job({}), seen.nowMs)).toEqual({ source: true, result: true });
    expect(lookableOf(job({ state: "done", source }), seen.nowMs)).toEqual({ source: true, result: true });
    expect(lookableOf(job({ state: "done", expires_at: past }), seen.nowMs)).toEqual({
      ...{ source: false, result: false },
    });
    expect(lookableOf(job({ state: "cancelled" }), seen.nowMs)).toEqual({ source: false, result: false });
  });
});
