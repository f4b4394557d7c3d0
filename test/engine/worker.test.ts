import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BufferPool } from "../../shared/buffers.ts";
import type { Heartbeat, Result, Task } from "../../shared/bus/messages.ts";
import { TesseraError } from "../../shared/errors.ts";
import { SAME_PROCESS } from "../../shared/ops/fingerprint.ts";
import { TileWorker } from "../../worker/worker.ts";
import { packedTask, task } from "../bus/tasks.ts";
import { picture, spec, unowned, withBench } from "./harness.ts";
import { asked } from "./job_states.ts";
import { WatchedBus } from "./watched_bus.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-worker-"));
let source = "";

beforeAll(async () => {
  source = await picture(folder, spec(200, 150, 1));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Four steps, each by this factor. */
const resized = (scale: number) => Array.from({ length: 4 }, () => ({ op: "resize", scale }));

describe("a worker", () => {
  let bus: WatchedBus;
  let worker: TileWorker;
  const beats: Heartbeat[] = [];
  const results: Result[] = [];
  let onResult = () => {};

  beforeEach(() => {
    beats.length = 0;
    results.length = 0;
    bus = new WatchedBus(true);
    bus.follow("heartbeats", (beat) => void beats.push(beat));
    bus.subscribe("results", 1, async (result) => {
      results.push(result);
      onResult();
    });
    worker = new TileWorker({ bus, buffers: new BufferPool(), threads: 1, fingerprint: SAME_PROCESS });
    worker.start();
  });

  afterEach(async () => {
    await worker.stop();
    await bus.close();
  });

  const resultsOf = (count: number): Promise<Result[]> =>
    new Promise((resolve) => {
      onResult = () => results.length >= count && resolve(results);
      onResult();
    });

  const own = (tile: number) => packedTask({ ...task(tile), worker: worker.id });

  test("computes what is its own, and sends back untouched what is another's", async () => {
    await bus.publish("tasks", own(1));
    await bus.publish("tasks", { ...own(2), worker: "another" });
    const found = (await resultsOf(2)).toSorted((a, b) => a.tile - b.tile);
    expect(found).toMatchObject([
      { tile: 1, token: "token-1", ok: true, worker: worker.id },
      { tile: 2, token: "token-2", ok: false, code: "tile_misdelivered", worker: worker.id },
    ]);
  });

  test.each<[what: string, forged: Partial<Task>]>([
    ["a tile as large as a country", { out: { x: 0, y: 0, width: 2 ** 30, height: 2 ** 30 } }],
    ["a tile beyond the result", { out: { x: 1 << 20, y: 0, width: 64, height: 64 } }],
    [
      "an image so large that no window fits",
      { input: { width: 2 ** 31, height: 2 ** 31, channels: 3, depth: 8 } },
    ],
    ["another format than the window's", { input: { width: 250, height: 190, channels: 4, depth: 16 } }],
    ["a parameter that no pipeline may have", { steps: [{ op: "blur", sigma: 1e9 }] }],
    ["a parameter of another kind", { steps: [{ op: "blur", sigma: { length: 1e9 } }] }],
    ["memory without end on the way", { steps: [...resized(16), ...resized(1 / 16)] }],
    ["figures of the whole image", { steps: [{ op: "equalize" }] }],
  ])("P7: a forged task asks for %s, is refused, and the next one is done", async (_, forged) => {
    await bus.publish("tasks", { ...own(1), ...forged });
    await bus.publish("tasks", own(2));
    const [refused, done] = (await resultsOf(2)).toSorted((a, b) => a.tile - b.tile);
    expect(refused).toMatchObject({ ok: false, code: "task_invalid" });
    expect(done).toMatchObject({ ok: true });
  });

  test("says why a tile failed, in the code's own sentence and what exactly happened", async () => {
    await bus.publish("tasks", { ...own(1), steps: [{ op: "no such op" }] });
    const [result] = await resultsOf(1);
    if (result === undefined || result.ok) throw new Error("it was done");
    expect(result.code).toBe("task_invalid");
    const error = new TesseraError(result.code, result.message);
    expect(error.message.split(new TesseraError(result.code).message)).toHaveLength(2);
  });

  test("once it is stopping sends back what it has not begun, and says that it has left last of all", async () => {
    const stopped = worker.stop();
    await bus.publish("tasks", own(1));
    expect(await resultsOf(1)).toMatchObject([{ ok: false, code: "tile_misdelivered" }]);
    await stopped;
    expect([...new Set(beats.map(({ phase }) => phase))]).toEqual(["working", "draining", "left"]);
    expect(beats.at(-1)?.phase).toBe("left");
  });

  test("tells of a result that the bus takes never: its task does not come again and again", async () => {
    bus.fault = (topic, message) =>
      topic === "results" && (message as Result).ok
        ? new TesseraError("bus_message_too_large", "9 MB.")
        : undefined;
    await bus.publish("tasks", own(1));
    expect(await resultsOf(1)).toMatchObject([
      { ok: false, code: "bus_message_too_large", message: "9 MB." },
    ]);
  });
});

test("a job whose results are too large for the bus fails with that code, at its first attempt", async () => {
  const bus = new WatchedBus(true);
  await withBench({ bus }, async ({ master, buffers }) => {
    let attempts = 0;
    bus.fault = (topic, message) => {
      if (topic !== "results" || !(message as Result).ok) return undefined;
      attempts = Math.max(attempts, (message as Result).attempt);
      return new TesseraError("bus_message_too_large");
    };
    const worker = new TileWorker({ bus, buffers, threads: 1, fingerprint: SAME_PROCESS });
    worker.start();
    await master.submit({ ...asked, id: "it", source: unowned(source) });
    expect((await master.wait("it")).error?.code).toBe("bus_message_too_large");
    expect(attempts).toBe(1);
    await worker.stop();
  });
});
