import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasEnded, type JobView } from "../../master/jobs/job.ts";
import type { OutputFormat } from "../../shared/api/output.ts";
import type { Task } from "../../shared/bus/messages.ts";
import { inFolder } from "../support/folder.ts";
import { type Bench, inLong, openBench, picture, spec, turn, unowned, withBench } from "./harness.ts";
import { answer, filesIn, uploaded } from "./job_states.ts";
import { OwnWorker } from "./own_worker.ts";
import { type Random, seeded } from "./random.ts";

const SEEDS = inLong(30, 400);
const FORMATS = ["png", "jpeg", "webp", "tiff"] as const;
/** Two stages: figures that are counted twice show in the pixels just as wrong pixels do. */
const asked = { pipeline: "box_blur(radius=2) | contrast | sharpen", tileSize: 64 };
const folder = mkdtempSync(join(tmpdir(), "tessera-any-time-"));
const expected = new Map<OutputFormat, Buffer>();
/** What was done, and in which state of the job. */
const reached = new Set<string>();
let source = "";

beforeAll(async () => {
  source = await picture(folder, spec(250, 190, 3));
  await withBench({}, async (bench) => {
    new OwnWorker(bench.bus, bench.buffers, answer);
    for (const format of FORMATS) {
      await bench.master.submit({ ...asked, id: format, source: unowned(source), output: { format } });
      expect((await bench.master.wait(format)).error).toBeUndefined();
      expected.set(format, readFileSync(bench.master.resultPath(format)));
    }
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** In the order in which a job comes by them. */
const STATES = ["queued", "ingesting", "running", "exporting", "done"] as const;
const ACTIONS = [
  "work",
  "work",
  "turns",
  "pause",
  "pause",
  "resume",
  "resume",
  "priority",
  "restart",
] as const;
const ROUNDS = 6;

/** A job that is paused, resumed, cancelled and given other priorities in any order, over restarts. */
class Disturbed {
  private bench: Bench;
  private worker: OwnWorker;
  private held: Task[] = [];
  private helpful = false;
  readonly attempts = new Set<number>();

  constructor(
    private readonly dir: string,
    private readonly random: Random,
    private readonly durable: boolean,
  ) {
    this.bench = openBench(dir, { durable });
    this.worker = this.join();
  }

  async submit(format: OutputFormat): Promise<void> {
    const owned = uploaded(this.bench, source, "it");
    await this.bench.master.submit({ ...asked, id: "it", source: owned, output: { format } });
  }

  get job(): JobView {
    return this.bench.master.job("it")!;
  }

  /** Goes on until the job is in this state, or beyond it. */
  async reach(state: (typeof STATES)[number]): Promise<void> {
    const isBefore = () => STATES.indexOf(this.job.state as never) < STATES.indexOf(state);
    while (!hasEnded(this.job.state) && isBefore()) {
      if (this.job.state === "paused") this.bench.master.resume("it");
      await this.work(this.random.below(4));
    }
  }

  async act(): Promise<void> {
    const action = this.random.pick(ACTIONS);
    const { state } = this.job;
    if (hasEnded(state)) return;
    reached.add(`${action} ${state}`);
    const { master } = this.bench;
    if (action === "pause") master.pause("it");
    else if (action === "resume") master.resume("it");
    else if (action === "priority") master.setPriority("it", this.random.below(10));
    else if (action === "restart") await this.restart();
    else if (action === "turns") for (let i = this.random.below(20); i > 0; i--) await turn();
    else await this.work(this.random.below(6));
  }

  cancel(): void {
    if (hasEnded(this.job.state)) return;
    if (this.random.below(3) === 0) this.bench.master.pause("it");
    const { state } = this.job;
    reached.add(`cancel ${state}`);
    this.bench.master.cancel("it");
  }

  /** Lets the job go to its end. */
  async finish(): Promise<JobView> {
    this.helpful = true;
    if (this.job.state === "paused") this.bench.master.resume("it");
    const ended = this.bench.master.wait("it");
    await this.work(this.held.length);
    return ended;
  }

  result(): Buffer {
    return readFileSync(this.bench.master.resultPath("it"));
  }

  async stop(): Promise<void> {
    await this.bench.master.stop();
    await this.bench.bus.close();
  }

  async restart(): Promise<void> {
    await this.stop();
    this.held = [];
    this.bench = openBench(this.dir, { durable: this.durable });
    this.worker = this.join();
  }

  get files(): string[] {
    const { dir, master } = this.bench;
    return [...filesIn(master.uploadDir), ...filesIn(join(dir, "jobs", "it"))];
  }

  private async work(count: number): Promise<void> {
    for (let i = 0; i < count && this.held.length > 0; i++) {
      const [task] = this.held.splice(this.random.below(this.held.length), 1);
      await this.worker.answer(task!);
    }
    await turn();
  }

  private join(): OwnWorker {
    return new OwnWorker(this.bench.bus, this.bench.buffers, (task, own) => {
      this.attempts.add(task.attempt);
      if (this.helpful) return own.answer(task);
      this.held.push(task);
    });
  }
}

describe("P3, P9: paused, resumed, cancelled and restarted at any time", () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))("seed %d", async (seed) => {
    const random = seeded(seed);
    const format = FORMATS[seed % FORMATS.length]!;
    await inFolder(async (dir) => {
      const it = new Disturbed(dir, random, seed % 3 > 0);
      await it.submit(format);
      const last = STATES[seed % STATES.length]!;
      for (let round = random.below(ROUNDS); round >= 0; round--) {
        const target = random.pick(STATES);
        if (STATES.indexOf(target) <= STATES.indexOf(last)) await it.reach(target);
        for (let acts = random.below(16); acts > 0; acts--) await it.act();
      }
      if (last !== "done") {
        await it.reach(last);
        it.cancel();
      }
      const { state, error } = await it.finish();
      expect(error).toBeUndefined();
      if (state === "done") expect(it.result().equals(expected.get(format)!)).toBe(true);
      else expect(state).toBe("cancelled");
      await it.restart(); // the clean-up after a cancel may have been cut short
      await it.stop();
      expect(it.files).toEqual(state === "done" ? [`result.${format}`] : []);
      // Nobody failed at a tile, however often the job was interrupted.
      expect([...it.attempts].filter((attempt) => attempt !== 1)).toEqual([]);
    });
  });

  test("and the seeds did reach the states with what can be done in them", () => {
    const all = [...ACTIONS, "cancel"];
    const missing = (state: string) => all.filter((action) => !reached.has(`${action} ${state}`));
    for (const state of ["ingesting", "running", "paused"]) expect(missing(state)).toEqual([]);
    // Where nothing stays long.
    for (const state of ["queued", "exporting"]) expect(missing(state).length).toBeLessThan(5);
  });
});
