import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outputSpec } from "../../master/export/output.ts";
import type { JobAbout, JobRequest, JobResult, JobState } from "../../master/jobs/job.ts";
import { Database } from "../../master/store/database.ts";
import { DeadLetterStore } from "../../master/store/dead_letters.ts";
import { JobStore } from "../../master/store/store.ts";
import type { DeadLetter } from "../../shared/bus/messages.ts";

const REQUEST: JobRequest = {
  source: { path: "a.png", owned: false, name: "a.png" },
  probe: {
    ...{ type: "png", width: 10, height: 10, bytes: 100, orientation: 1, hasIcc: false, unbounded: false },
    shape: { width: 10, height: 10, channels: 3, depth: 8 },
  } as JobRequest["probe"],
  pipeline: [{ op: "invert" }],
  output: outputSpec({}),
  profile: "srgb",
  tileSize: 512,
  planned: { stages: 1, tiles: 1, width: 10, height: 10 },
};
const RESULT: JobResult = { width: 10, height: 10, bytes: 5, wallMs: 3, phases: {} };

let folder = "";
const ABOUT: JobAbout = { owner: "local", priority: 5, labels: {} };

let db: Database;
let store: JobStore;
let nowMs = 1000;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tessera-store-"));
  db = new Database(join(folder, "jobs.sqlite"), false);
  store = new JobStore(db, () => nowMs++);
});

afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

type Move = "begin" | "sourceComplete" | "tilesComplete" | "finish" | "fail" | "cancel" | "retry";
const MOVES: Record<Move, (id: string) => boolean> = {
  begin: (id) => store.begin(id),
  sourceComplete: (id) => store.sourceComplete(id),
  tilesComplete: (id) => store.tilesComplete(id),
  finish: (id) => store.finish(id, RESULT),
  fail: (id) => store.fail(id, "tile_failed", "It did."),
  cancel: (id) => store.cancel(id),
  retry: (id) => store.retry(id),
};

/** How each state is come by, and where each move leads from it; a move that is not named is refused. */
const MACHINE: Record<JobState, { by: Move[]; to: Partial<Record<Move, JobState>> }> = {
  queued: { by: [], to: { begin: "ingesting", fail: "failed", cancel: "cancelled" } },
  ingesting: { by: ["begin"], to: { sourceComplete: "running", fail: "failed", cancel: "cancelled" } },
  running: {
    by: ["begin", "sourceComplete"],
    to: { tilesComplete: "exporting", fail: "failed", cancel: "cancelled" },
  },
  exporting: {
    by: ["begin", "sourceComplete", "tilesComplete"],
    to: { finish: "done", fail: "failed", cancel: "cancelled" },
  },
  done: { by: ["begin", "sourceComplete", "tilesComplete", "finish"], to: {} },
  failed: { by: ["fail"], to: { retry: "queued" } },
  cancelled: { by: ["cancel"], to: {} },
};

describe("the state machine", () => {
  const all = Object.entries(MACHINE).flatMap(([from, { by, to }]) =>
    Object.keys(MOVES).map((move) => [from, move as Move, to[move as Move] ?? "nowhere", by] as const),
  );

  test.each(all)("from %s, %s leads to %s", (from, move, to, by) => {
    store.insert("job", REQUEST, ABOUT);
    for (const step of by) expect(MOVES[step]("job")).toBe(true);
    const before = store.get("job")!;
    expect(before.state).toBe(from as JobState);
    const events = store.events("job").length;
    expect(MOVES[move]("job")).toBe(to !== "nowhere");
    const after = store.get("job")!;
    if (to === "nowhere") expect(after).toEqual(before);
    else expect(after.state).toBe(to);
    expect(store.events("job")).toHaveLength(events + (to === "nowhere" ? 0 : 1));
  });

  test.each(Object.entries(MACHINE))(
    "%s may be paused and given a priority if it has not ended",
    (state, { by }) => {
      store.insert("job", REQUEST, ABOUT);
      for (const step of by) MOVES[step]("job");
      const active = !["done", "failed", "cancelled"].includes(state);
      for (const [move, paused] of [
        ["resume", false],
        ["pause", true],
        ["pause", true],
        ["resume", false],
      ] as const) {
        const changes = active && store.get("job")!.paused !== paused;
        expect(store[move]("job")).toBe(changes);
        expect(store.get("job")).toMatchObject({ state, paused: active && paused });
      }
      expect(store.setPriority("job", 9)).toBe(active);
      expect(store.get("job")?.priority).toBe(active ? 9 : 5);
      const noted = store.events("job").slice(by.length + 1);
      expect(noted.map(({ what }) => what)).toEqual(active ? ["paused", "resumed", "priority"] : []);
    },
  );

  test("what was done of a job outlives that it is tried again, and nothing else of its failure does", () => {
    store.insert("job", REQUEST, ABOUT);
    store.begin("job");
    store.countAttempts("job", 0, [1, 2]);
    store.markDone("job", 0, [{ tile: 1, worker: "w", ms: 1 }], undefined);
    store.pause("job");
    store.fail("job", "tile_failed", "It did.");
    expect(store.retry("job")).toBe(true);
    expect(store.triedTiles("job", 0)).toEqual([{ tile: 1, attempts: 1, done: true }]);
    expect(store.get("job")).toMatchObject({ tilesDone: 1, tries: 2 });
    expect(store.get("job")).toMatchObject({ state: "queued", paused: false });
    expect(store.get("job")).not.toHaveProperty("error");
    expect(store.get("job")).not.toHaveProperty("endedMs");
    expect(store.events("job").at(-1)).toMatchObject({ what: "queued", detail: "retry" });
  });

  test("a job is forgotten with all that hangs on it, its tiles in slices if they are many", () => {
    store.insert("job", REQUEST, ABOUT);
    store.countAttempts("job", 0, [0, 1, 2, 3, 4]);
    store.countAttempts("job", 1, [0]);
    expect([4, 4, 4].map((limit) => store.removeTiles("job", limit))).toEqual([4, 2, 0]);
    store.countAttempts("job", 0, [0]);
    expect([store.remove("job"), store.remove("job")]).toEqual([true, false]);
    expect([store.get("job"), store.events("job"), store.tilesOf("job")(0, 0, 9)]).toEqual([
      undefined,
      [],
      [],
    ]);
  });

  test("a job that is not there is moved nowhere", () => {
    for (const move of Object.values(MOVES)) expect(move("nobody")).toBe(false);
    expect(store.events("nobody")).toEqual([]);
  });
});

describe("P8: a job's history", () => {
  test("has every transition with its time, in order, and the error", () => {
    nowMs = 5000;
    store.insert("job", REQUEST, ABOUT);
    store.begin("job");
    store.sourceComplete("job");
    store.fail("job", "disk_full", "No room.");
    expect(store.events("job").map(({ what, detail }) => [what, detail])).toEqual([
      ["queued", ""],
      ["ingesting", ""],
      ["running", ""],
      ["failed", "disk_full: No room."],
    ]);
    const times = store.events("job").map(({ at_ms }) => at_ms);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(5000);
  });

  test("an error or a result is kept with the end, and only the first end counts", () => {
    store.insert("job", REQUEST, ABOUT);
    store.fail("job", "tile_failed", "Tile 1,2 of stage 0.");
    store.fail("job", "internal", "another");
    const { error, endedMs } = store.get("job")!;
    expect(error).toEqual({ code: "tile_failed", message: "Tile 1,2 of stage 0." });
    expect(endedMs).toBeGreaterThan(0);
    store.insert("other", REQUEST, ABOUT);
    for (const move of ["begin", "sourceComplete", "tilesComplete", "finish"] as const) MOVES[move]("other");
    expect(store.get("other")?.result).toEqual(RESULT);
  });
});

describe("P4: tiles", () => {
  test("attempts count up until the tile is done, and not beyond", () => {
    store.insert("job", REQUEST, ABOUT);
    store.countAttempts("job", 0, [1, 2]);
    store.countAttempts("job", 0, [2]);
    store.markDone("job", 0, [{ tile: 2, worker: "w", ms: 1 }], undefined);
    store.countAttempts("job", 0, [2]);
    store.uncountAttempts("job", 0, [1, 2]);
    store.uncountAttempts("job", 0, [1]);
    expect(store.triedTiles("job", 0)).toEqual([
      { tile: 1, attempts: 0, done: false },
      { tile: 2, attempts: 2, done: true },
    ]);
  });

  test("P3: marks and sums come together and outlive the store", () => {
    store.insert("job", REQUEST, ABOUT);
    store.countAttempts("job", 1, [0]);
    store.markDone("job", 1, [{ tile: 0, worker: "w", ms: 1 }], Float64Array.of(1, 2 ** 40));
    store.completeStage("job", 1, [{ op: "invert" }]);
    db.close();
    db = new Database(join(folder, "jobs.sqlite"), false);
    store = new JobStore(db, () => nowMs++);
    expect(store.triedTiles("job", 1)).toEqual([{ tile: 0, attempts: 1, done: true }]);
    expect(store.stage("job", 1)).toEqual({
      figures: Float64Array.of(1, 2 ** 40),
      resolved: [{ op: "invert" }],
    });
  });

  test("P3: a store that somebody has open is refused", () => {
    expect(() => new Database(join(folder, "jobs.sqlite"), false)).toThrow(
      expect.objectContaining({ code: "folder_in_use" }),
    );
    store.insert("job", REQUEST, ABOUT);
    expect(store.get("job")?.state).toBe("queued");
  });
});

describe("a dead letter", () => {
  const LETTER: DeadLetter = {
    ...{ protocol: 2, master: "m", job: "a", stage: 0, tile: 3, attempt: 3, atMs: 5, workers: ["w"] },
    ...{ steps: [{ op: "invert" }], input: REQUEST.probe.shape, out: { x: 0, y: 0, width: 10, height: 10 } },
    ...{ code: "tile_failed", message: "It did." },
  };

  test("goes when its job is tried again, whatever that one fails by", () => {
    const letters = new DeadLetterStore(db);
    store.insert("a", REQUEST, ABOUT);
    letters.note(LETTER);
    store.fail("a", "tile_failed", "It did.");
    expect(letters.page(undefined, 10)).toEqual([{ number: 1, letter: LETTER }]);
    store.retry("a");
    store.fail("a", "disk_full", "It is.");
    expect(letters.page(undefined, 10)).toEqual([]);
  });

  test("is not seen of a job that was cancelled meanwhile, and goes with its job", () => {
    const letters = new DeadLetterStore(db);
    store.insert("a", REQUEST, ABOUT);
    letters.note(LETTER);
    store.cancel("a");
    expect(letters.page(undefined, 10)).toEqual([]);
    store.remove("a");
    letters.note(LETTER);
    expect(db.prepare("SELECT * FROM dead_letters").all()).toEqual([]);
  });
});
