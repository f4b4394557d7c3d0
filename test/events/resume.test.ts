import { expect, test } from "bun:test";
import type { Caller } from "../../master/access/caller.ts";
import { EventHub } from "../../master/events/hub.ts";
import type { Reader } from "../../master/events/reader.ts";
import { hasEnded, type JobView } from "../../master/jobs/job.ts";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import type { BatchView } from "../../shared/api/batch.ts";
import type { ServerMessage } from "../../shared/api/events.ts";
import type { Scope } from "../../shared/api/scopes.ts";
import { SHOWN_STATES } from "../../shared/api/states.ts";
import { TestClock } from "../engine/clock.ts";
import { type Bench, inLong, openBench, picture, spec, turn, unowned } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { type Random, seeded } from "../engine/random.ts";
import { inFolder } from "../support/folder.ts";
import { TestOutlet } from "./outlet.ts";
import { Told } from "./told.ts";

const ANN: Caller = { by: "key", owner: "ann", name: "ann", scopes: new Set<Scope>(["read"]) };
const STEPS = 100;

/** What the stories have to have been through, to be worth their while. */
const REACHED = [
  ...["queued", "running", "paused", "failed", "done"],
  ...["tile waiting", "tile in_flight", "tile failed", "tile done"],
  ...["snapshot as it came first", "snapshot as it came back", "snapshot while it read back"],
  ...["changes as it came back", "changes while it read back"],
];

/** A client that comes and goes, and is slow at times. */
class Client {
  readonly told = new Told();
  private reader: Reader | undefined;
  private outlet: TestOutlet | undefined;

  constructor(
    private readonly topics: readonly string[],
    /** Gathers what its story has been through. */
    private readonly seen: Set<string>,
  ) {}

  get isConnected(): boolean {
    return this.outlet !== undefined && this.outlet.closed === undefined;
  }

  connect(hub: EventHub, room = Number.POSITIVE_INFINITY): void {
    this.drop();
    const met = new Set<string>();
    const outlet = new TestOutlet(room, (message) => {
      this.note(message, met);
      this.told.hear(message);
    });
    const reader = hub.open(ANN, outlet, () => ANN);
    outlet.reader = reader;
    for (const topic of this.topics) reader.subscribe(topic, this.told.since(topic));
    reader.flush();
    [this.reader, this.outlet] = [reader, outlet];
  }

  makeRoom(frames: number): void {
    this.outlet?.makeRoom(frames);
  }

  drop(): void {
    this.reader?.end();
    [this.reader, this.outlet] = [undefined, undefined];
  }

  private note(message: ServerMessage, met: Set<string>): void {
    if (message.type === "job") this.seen.add(message.job.state);
    if (message.type !== "tiles") return;
    const came = met.has(message.topic) ? "while it read" : "as it came";
    const back = this.told.since(message.topic) === undefined ? "first" : "back";
    this.seen.add(`${message.snapshot ? "snapshot" : "changes"} ${came} ${back}`);
    for (const { state } of message.tiles) this.seen.add(`tile ${state}`);
    met.add(message.topic);
  }
}

/** Without what time alone changes. */
const lasting = ({ wall_ms: _, phases, timeline, progress, ...job }: JobView) => ({
  ...job,
  ...(hasEnded(job.state) && { phases, timeline }),
  progress: { ...progress, tiles_per_second: 0, seconds_left: 0, heard_ms_ago: 0 },
});

/** What is said of a batch, counted from its jobs. */
function countedOf({ master }: Bench, ids: readonly string[]) {
  const jobs = Object.fromEntries(SHOWN_STATES.map((state) => [state, 0])) as BatchView["jobs"];
  for (const id of ids) jobs[master.job(id)!.state]++;
  const tiles = ids.map((id) => master.job(id)!.progress.tiles_total);
  return { jobs, images: ids.length, progress: { tiles_total: tiles.reduce((sum, each) => sum + each) } };
}

function expectTruth(bench: Bench, { told }: Client, ids: readonly string[], batch: string): void {
  const { master } = bench;
  const whole = master.batches.find(batch)!;
  expect(whole).toMatchObject(countedOf(bench, ids));
  expect(told.batch.get(`batch:${batch}`)!).toEqual(whole);
  expect([...told.batches.values()]).toEqual([whole]);
  for (const id of ids) {
    const job = master.job(id)!;
    expect(lasting(told.job.get(`job:${id}`)!)).toEqual(lasting(job));
    expect(lasting(told.jobs.get(id)!)).toEqual(lasting(job));
    const map = master.tileMap(id);
    const tried = [...told.tiles.get(`tiles:${id}`)!.values()].filter(
      ({ state, attempt }) => state !== "waiting" || attempt > 0,
    );
    const key = ({ stage, tile }: { stage: number; tile: number }) => stage * 1e6 + tile;
    expect(tried.sort((a, b) => key(a) - key(b))).toEqual(map.tried(0, map.size));
  }
}

/** One thing that happens to the jobs. */
async function happen(
  { master }: Bench,
  worker: OwnWorker,
  ids: readonly string[],
  random: Random,
  failures: number,
): Promise<void> {
  const id = random.pick(ids);
  const { state } = master.job(id)!;
  const ended = hasEnded(state);
  const chance = random.below(20);
  if (state === "paused" && chance < 10) master.resume(id);
  else if (chance === 0 && !ended) master.pause(id);
  else if (chance === 1 && !ended) master.setPriority(id, random.below(10));
  else if (chance === 2 && state === "failed") master.retry(id);
  else
    for (let n = random.below(12); n > 0 && worker.tasks.length > 0; n--) {
      const [task] = worker.tasks.splice(random.below(worker.tasks.length), 1);
      await (random.below(100) < failures ? worker.publish(worker.failed(task!)) : worker.answer(task!));
    }
  for (let n = random.below(4); n > 0; n--) await turn();
}

/** Nothing is in the way of the jobs any more. */
async function runToTheEnd({ master }: Bench, worker: OwnWorker, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    for (; !hasEnded(master.job(id)!.state); await turn()) {
      master.resume(id);
      for (const task of worker.tasks.splice(0)) await worker.answer(task);
    }
  }
}

async function story(seed: number, folder: string, seen: Set<string>): Promise<void> {
  const random = seeded(seed);
  const failures = random.pick([0, 0, 1, 30]);
  const image = await picture(folder, spec(640, 512));
  const bench = openBench(folder);
  const clock = new TestClock();
  const newHub = () => new EventHub(bench.master, { ...DEFAULT_LIMITS, now: clock.now, every: clock.every });
  let hub = newHub();
  const worker = new OwnWorker(bench.bus, bench.buffers);
  try {
    const { id: batch } = bench.master.batches.create("ann", "two", {});
    const pipelines = [[{ op: "invert" }], [{ op: "equalize" }]];
    const ids: string[] = [];
    for (const pipeline of pipelines)
      ids.push(
        (await bench.master.submit({ source: unowned(image), pipeline, tileSize: 64, owner: "ann", batch }))
          .id,
      );
    const topics = [
      "jobs",
      "batches",
      `batch:${batch}`,
      ...ids.flatMap((id) => [`job:${id}`, `tiles:${id}`]),
    ];
    const clients = Array.from({ length: 4 }, () => new Client(topics, seen));
    for (let step = 0; step < STEPS; step++) {
      await happen(bench, worker, ids, random, failures);
      const client = random.pick(clients);
      const chance = random.below(30);
      if (chance === 0) client.drop();
      else if (chance < 3) client.connect(hub, random.below(2) === 0 ? random.below(5) : undefined);
      else if (chance < 6) client.makeRoom(random.below(4));
      else if (chance === 6 && random.below(4) === 0) {
        hub.close();
        hub = newHub();
      } else if (chance < 22) clock.pass(random.below(250));
    }
    if (failures === 0) await runToTheEnd(bench, worker, ids);
    for (const client of clients) if (!client.isConnected || random.below(3) === 0) client.connect(hub, 1);
    clock.pass(100);
    for (const client of clients) client.makeRoom(1000);
    clock.pass(200);
    for (const client of clients) expectTruth(bench, client, ids, batch);
  } finally {
    hub.close();
    await bench.master.stop();
    await bench.bus.close();
  }
}

test("P8: whoever drops, resumes, reads slowly or meets another hub knows the truth in the end", async () => {
  const seen = new Set<string>();
  const reached = () => REACHED.every((what) => seen.has(what));
  // What a story comes to depends on the disk's pace too.
  for (let seed = 1; seed <= inLong(8, 200) || (seed < 100 && !reached()); seed++)
    await inFolder((folder) => story(seed, folder, seen));
  expect([...seen]).toEqual(expect.arrayContaining(REACHED));
}, 120_000);
