import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ATTEMPTS_MAX } from "../../master/dispatch/stage_run.ts";
import type { Result, Task } from "../../shared/bus/messages.ts";
import { inLong, picture, spec, turn, unowned, withBench } from "./harness.ts";
import { OwnWorker } from "./own_worker.ts";
import { type Random, seeded } from "./random.ts";

const SEEDS = inLong(30, 300);
const folder = mkdtempSync(join(tmpdir(), "tessera-chaos-"));
const reached = new Map<string, number>();
let source = "";
let expected: Buffer;

/** Answers held tasks in any order, twice, wrongly, not at once; never so that a tile runs out of attempts. */
class ChaoticWorker {
  readonly own: OwnWorker;
  private readonly held: Task[] = [];
  private readonly sent: Result[] = [];

  constructor(
    bench: ConstructorParameters<typeof OwnWorker>,
    private readonly random: Random,
  ) {
    this.own = new OwnWorker(bench[0], bench[1], (task) => void this.held.push(task));
  }

  /** One thing that may happen to a message. */
  async act(): Promise<void> {
    const name = this.random.pick(["answer", "answer", "answer", "twice", "replay", "fail", "wrong", "wait"]);
    reached.set(name, (reached.get(name) ?? 0) + 1);
    if (name === "wait") return;
    if (name === "replay") {
      if (this.sent.length > 0) await this.own.publish(this.random.pick(this.sent));
      return;
    }
    if (this.held.length === 0) return;
    const [task] = this.held.splice(this.random.below(this.held.length), 1);
    await this.send(task!, name);
  }

  private async send(task: Task, name: string): Promise<void> {
    const mayFail = task.attempt < ATTEMPTS_MAX;
    if (name === "fail" && mayFail) return this.publish(this.own.failed(task));
    const right = this.own.done(task);
    if (name === "wrong" && mayFail) return this.publish({ ...right, protocol: 0 });
    await this.publish(right);
    if (name === "twice") await this.publish(right);
  }

  private async publish(result: Result): Promise<void> {
    this.sent.push(result);
    await this.own.publish(result);
  }
}

async function run(worker: (bench: ConstructorParameters<typeof OwnWorker>) => { act(): Promise<void> }) {
  return withBench({ threads: 3 }, async ({ bus, buffers, master }) => {
    const { act } = bound(worker([bus, buffers]));
    const pipeline = "box_blur(radius=2) | contrast | sharpen";
    const ids = ["a", "b"];
    for (const id of ids) await master.submit({ id, source: unowned(source), pipeline, tileSize: 64 });
    let ended = false;
    const jobs = Promise.all(ids.map((id) => master.wait(id))).finally(() => {
      ended = true;
    });
    while (!ended) {
      await act();
      await turn();
    }
    for (const job of await jobs) expect(job.error).toBeUndefined();
    return ids.map((id) => readFileSync(master.resultPath(id)));
  });
}

const bound = (worker: { act(): Promise<void> }) => ({ act: () => worker.act() });

beforeAll(async () => {
  source = await picture(folder, spec(200, 150, 3));
  const [bytes] = await run((bench) => {
    new OwnWorker(...([bench[0], bench[1]] as const), (task, own) => own.answer(task));
    return { act: async () => {} };
  });
  expected = bytes!;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("P4: whatever a worker does with its messages, the bytes are the same", () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))("seed %d", async (seed) => {
    const files = await run((bench) => new ChaoticWorker(bench, seeded(seed)));
    for (const bytes of files) expect(bytes.equals(expected)).toBe(true);
  });

  test("and the seeds did reach everything that can happen", () => {
    for (const name of ["answer", "twice", "replay", "fail", "wrong", "wait"])
      expect(reached.get(name)).toBeGreaterThan(SEEDS);
  });
});
