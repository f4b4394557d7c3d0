import { ATTEMPTS_MAX } from "../../master/dispatch/stage_run.ts";
import { isPacked, type Result, type Task, type TileDone } from "../../shared/bus/messages.ts";
import { TesseraError } from "../../shared/errors.ts";
import { type FleetBench, LEASE_MS, settled } from "./fleet_bench.ts";
import type { OwnWorker } from "./own_worker.ts";
import type { Random } from "./random.ts";

/** What may happen, and how often beside the others. */
const EVENTS = {
  answer: 30,
  twice: 3,
  replay: 3,
  fail: 2,
  wrong: 2,
  hush: 2,
  late: 3,
  back: 3,
  die: 1,
  expel: 1,
  join: 3,
  drain: 1,
  leave: 2,
  return: 2,
  wander: 1,
  fault: 1,
  pass: 12,
  wait: 1,
  leap: 1,
  pause: 1,
  resume: 3,
} as const;

export type Event = keyof typeof EVENTS;
export const ALL_EVENTS = Object.keys(EVENTS) as Event[];
const DECK = ALL_EVENTS.flatMap((event) => Array.from({ length: EVENTS[event] }, () => event));
const WORKERS_MAX = 6;

interface Member {
  readonly own: OwnWorker;
  /** `silent`: cut off for now, `dead`: for ever. */
  condition: "live" | "silent" | "dead" | "draining" | "left";
  readonly held: Task[];
  /** What it says when the partitions have moved and it does not know. */
  partitions: readonly number[];
}

/** A task as it came to a worker. */
interface Delivered {
  readonly task: Task;
  readonly tries: number;
  readonly atMs: number;
  /** It was sent back, or nobody need count it any more. */
  unmade: boolean;
  /** Something happened by which it may have come to nothing. */
  troubled: boolean;
}

/** Workers that do everything that workers may do to their master, and what they did to each tile. */
export class SimulatedFleet {
  private readonly members: Member[] = [];
  private readonly delivered: Delivered[] = [];
  private readonly sent: Result[] = [];
  private readonly tries = new Map<string, number>();
  private faults = 0;

  constructor(
    private readonly bench: FleetBench,
    private readonly random: Random,
    private readonly reached: (event: Event) => void,
  ) {
    for (let i = 3 + random.below(3); i > 0; i--) this.join();
    bench.bus.fault = (topic) =>
      topic === "tasks" && this.faults-- > 0 ? new TesseraError("bus_unreachable") : undefined;
  }

  async act(): Promise<void> {
    const event = this.random.pick(DECK);
    if (await this.happens(event)) this.reached(event);
    await settled();
  }

  /** Everyone who can does as it should, and time passes. */
  async behave(): Promise<void> {
    this.faults = 0;
    for (const job of this.bench.master.jobs()) if (job.state === "paused") this.bench.master.resume(job.id);
    if (this.of("live").length === 0) this.join();
    for (const member of [...this.of("live"), ...this.of("draining")])
      for (const task of member.held.splice(0)) await member.own.answer(task);
    await settled();
    await this.pass(200);
  }

  /** A job is tried again: its tiles have all their attempts anew. */
  triedAgain(job: string): void {
    this.tries.set(job, this.triesOf(job) + 1);
  }

  /** Attempts of a tile that may have come to nothing by what these workers did. */
  troubles(job: string, stage: number, tile: number): number {
    const now = this.bench.clock.now();
    return this.delivered.filter(
      ({ task, tries, atMs, troubled }) =>
        task.job === job &&
        task.stage === stage &&
        task.tile === tile &&
        tries === this.triesOf(job) &&
        (troubled || now - atMs >= LEASE_MS),
    ).length;
  }

  /** Tiles that were made more often than they may be. */
  tooOften(): string[] {
    const made = new Map<string, number>();
    for (const { task, tries, unmade } of this.delivered) {
      if (unmade) continue;
      const name = `${task.job} ${task.stage} ${task.tile}, ${tries}`;
      made.set(name, (made.get(name) ?? 0) + 1);
    }
    const attempts = this.delivered.filter(({ task }) => task.attempt > ATTEMPTS_MAX);
    return [
      ...[...made].filter(([, times]) => times > ATTEMPTS_MAX).map(([name]) => name),
      ...attempts.map(({ task }) => `${task.job} ${task.stage} ${task.tile}: attempt ${task.attempt}`),
    ];
  }

  /** Whether it happened: not everything can at any time. */
  private async happens(event: Event): Promise<boolean> {
    switch (event) {
      case "answer":
      case "twice":
      case "fail":
      case "wrong":
        return this.answer(event, [...this.of("live"), ...this.of("draining")]);
      case "late":
        return this.answer(event, this.of("silent"));
      case "replay":
        return this.some(this.sent, (result) => void this.bench.bus.publish("results", result));
      case "hush":
        return this.some(this.of("live"), (member) => this.cutOff(member, "silent"));
      case "die":
        return this.some(this.of("live"), (member) => this.cutOff(member, "dead"));
      case "expel":
        // What is sent to it from now on goes to others.
        return this.some(this.of("dead"), (member) => void member.own.leave());
      case "back":
        return this.some(this.of("silent"), (member) => this.comesBack(member));
      case "join":
        return this.members.filter(isAround).length < WORKERS_MAX && this.join() !== undefined;
      case "drain":
        return this.some(this.of("live"), (member) => this.drain(member));
      case "leave":
        return this.some(this.of("draining"), (member) => this.leave(member));
      case "return":
        return this.some(this.of("live"), (member) => this.sendBack(member));
      case "wander":
        return this.some(this.of("live"), (member) => {
          member.partitions = [this.random.below(this.members.length), ...member.own.partitions];
        });
      case "fault":
        this.faults = 1 + this.random.below(4);
        return true;
      case "pass":
        await this.pass(50 + this.random.below(700));
        return true;
      case "wait":
        await this.pass(this.random.below(LEASE_MS));
        return true;
      case "leap":
        this.bench.clock.leap(this.random.below(2 * LEASE_MS));
        return true;
      case "pause":
      case "resume":
        return this.some(this.bench.master.jobs(), ({ id, ended_at: endedMs }) => {
          if (endedMs === undefined) this.interrupt(id, event);
        });
    }
  }

  private async pass(ms: number): Promise<void> {
    const beat = async () => {
      for (const { own, partitions } of this.of("live")) await own.beat({ partitions });
      for (const { own } of this.of("draining")) await own.beat({ phase: "draining" });
      await settled();
    };
    for (let left = ms; left > 0; left -= 500) {
      await beat();
      this.bench.clock.pass(Math.min(left, 500));
      await settled();
    }
    for (const member of this.of("live")) member.partitions = member.own.partitions;
  }

  private join(): Member {
    const own = this.bench.join((task) => this.take(member, task));
    const member: Member = { own, condition: "live", held: [], partitions: own.partitions };
    this.members.push(member);
    return member;
  }

  private take(member: Member, task: Task): void {
    const { condition, own } = member;
    const unmade = task.worker !== own.id && condition !== "dead";
    const troubled = condition === "silent" || condition === "dead";
    const tries = this.triesOf(task.job);
    this.delivered.push({ task, tries, atMs: this.bench.clock.now(), unmade, troubled });
    if (condition === "dead") return;
    if (unmade) void own.publish(own.failed(task, "not mine", "tile_misdelivered"));
    else member.held.push(task);
  }

  private answer(event: Event, among: readonly Member[]): boolean {
    return this.some(
      among.filter(({ held }) => held.length > 0),
      ({ own, held }) => {
        const [task] = held.splice(this.random.below(held.length), 1);
        const right = own.done(task!);
        const result = event === "fail" ? own.failed(task!) : event === "wrong" ? this.wrong(right) : right;
        if (event === "fail" || event === "wrong") this.record(task!).troubled = true;
        this.sent.push(result);
        for (let i = event === "twice" ? 2 : 1; i > 0; i--) void own.publish(result);
      },
    );
  }

  private wrong(right: TileDone): TileDone {
    const { pixels } = right;
    if (pixels === undefined || !isPacked(pixels) || this.random.below(2) === 0)
      return { ...right, protocol: 0 };
    return {
      ...right,
      pixels: { ...pixels, payload: pixels.payload.subarray(0, pixels.payload.length >> 1) },
    };
  }

  private cutOff(member: Member, condition: "silent" | "dead"): void {
    member.condition = condition;
    for (const task of member.held) this.record(task).troubled = true;
    if (condition === "dead") member.held.length = 0;
  }

  private comesBack(member: Member): void {
    member.condition = "live";
    void member.own.beat();
  }

  private drain(member: Member): void {
    member.condition = "draining";
    void member.own.beat({ phase: "draining" });
    this.sendBack(member);
  }

  private leave(member: Member): void {
    member.condition = "left";
    for (const task of member.held.splice(0)) this.record(task).unmade = true;
    void member.own.leave();
    void member.own.beat({ phase: "left" });
  }

  private sendBack({ own, held }: Member): void {
    const [task] = held.splice(this.random.below(Math.max(held.length, 1)), 1);
    if (task === undefined) return;
    this.record(task).unmade = true;
    void own.publish(own.failed(task, "leaving", "tile_misdelivered"));
  }

  private interrupt(job: string, event: "pause" | "resume"): void {
    this.bench.master[event](job);
    // What was out is not counted, unless it had come to nothing before.
    if (event === "pause") for (const each of this.delivered) if (each.task.job === job) each.unmade = true;
  }

  private record(task: Task): Delivered {
    return this.delivered.find((each) => each.task.token === task.token)!;
  }

  private triesOf(job: string): number {
    return this.tries.get(job) ?? 0;
  }

  private of(condition: Member["condition"]): Member[] {
    return this.members.filter((member) => member.condition === condition);
  }

  private some<T>(among: readonly T[], work: (one: T) => void): boolean {
    if (among.length === 0) return false;
    work(this.random.pick(among));
    return true;
  }
}

const isAround = ({ condition }: Member): boolean => condition !== "dead" && condition !== "left";
