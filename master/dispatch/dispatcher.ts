import { randomUUID } from "node:crypto";
import type { BufferPool } from "../../shared/buffers.ts";
import {
  isPacked,
  type Packed,
  PROTOCOL,
  type Result,
  type Task,
  type TileDone,
  type TileFailed,
} from "../../shared/bus/messages.ts";
import type { Bus } from "../../shared/bus/port.ts";
import { asTesseraError, type ErrorCode, isBusFault, TesseraError } from "../../shared/errors.ts";
import type { Raster } from "../../shared/raster.ts";
import type { AwakeClock, Every } from "../clock.ts";
import { gather, mismatch } from "../collect/check.ts";
import type { Packing } from "../packing/packing.ts";
import type { Roster, WorkerSeat } from "../workers/roster.ts";
import { type Copy, Flights, isOver } from "./flights.ts";
import { Pace } from "./pace.ts";
import type { Assignment, StageRun } from "./stage_run.ts";
import { Turns } from "./turns.ts";

const TICK_MS = 100;
/** After the bus has not taken a message. */
const HOLD_MS = 1000;
/** No later attempt would go better. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set(["bus_message_too_large"]);

/** What became of an attempt at a tile, and whose it was. */
export interface TileEvent {
  /** A refused one, for whatever reason, is made again or was the last; a returned one was not made. */
  readonly what: "sent" | "done" | "refused" | "returned";
  readonly worker: string;
  /** That it took, if it is done. */
  readonly ms?: number;
  /** Why it was refused, if somebody said so. */
  readonly error?: TesseraError;
}

/** Since the start. */
export interface DispatchCounts {
  /** Tasks. */
  sent: number;
  /** Of them those for tiles that were out already, with a worker that was late or silent. */
  sentAgain: number;
  /** Sent back by a worker that they were not meant for, or that is about to leave. */
  returned: number;
  /** Results that nobody waited for (any more). */
  ignored: number;
}

interface DispatcherNeeds {
  /** The name of this master, in every message. */
  readonly master: string;
  readonly bus: Bus;
  readonly roster: Roster;
  readonly buffers: BufferPool;
  readonly packing: Packing;
  /** How long a tile may be out before it is sent again. */
  readonly leaseMs: number;
  readonly clock: AwakeClock;
  readonly every: Every;
  readonly onTile: (assignment: Assignment, event: TileEvent) => void;
  /** The bus did not take a task; it is tried again. */
  readonly onTrouble: (fault: TesseraError) => void;
}

/**
 * Keeps a bounded window of tasks out with each worker, in turn between the jobs that are under way, and matches results
 * with what was asked. A result that nobody waits for, late, repeated or forged, changes nothing.
 *
 * A tile may be out more than once: when its worker is silent, and when all is sent and an idle worker would be sooner.
 * The first answer wins. A tile whose worker went silent may be the reason: it is sent again to a worker that has
 * nothing else, so that it takes nobody down with it and nobody else is blamed.
 */
export class Dispatcher {
  readonly counts: DispatchCounts = { sent: 0, sentAgain: 0, returned: 0, ignored: 0 };
  private readonly turns = new Turns();
  private readonly flights = new Flights();
  private readonly pace: Pace;
  /** The worker that is kept free for suspects, while there are any. */
  private kept: WorkerSeat | undefined;
  private heldUntilMs = 0;
  private endTicks: (() => void) | undefined;

  constructor(private readonly needs: DispatcherNeeds) {
    this.pace = new Pace(needs.bus.packs);
  }

  /** From here on, answers are heard. */
  start(): void {
    this.endTicks = this.needs.every(TICK_MS, () => this.tick());
    this.pump();
  }

  stop(): void {
    this.endTicks?.();
    this.endTicks = undefined;
  }

  add(run: StageRun): void {
    this.turns.add(run);
    this.pump();
  }

  remove(run: StageRun): void {
    this.turns.remove(run);
    this.flights.endRun(run);
    this.pump();
  }

  /** Sends what may be sent. To be called whenever room, rows, results or workers have come. */
  pump(): void {
    if (this.endTicks === undefined || this.needs.clock.now() < this.heldUntilMs) return;
    const live = this.needs.roster.live();
    this.sendSuspects(live);
    const open = live.filter((seat) => seat !== this.kept);
    for (;;) {
      const seat = this.pace.quickest(open, live);
      if (seat === undefined) return;
      const assignment = this.turns.next((run) => run.take());
      if (assignment === undefined) break;
      this.send(assignment, seat, live);
    }
    if (this.needs.bus.packs) this.sendLate(open, live);
  }

  /** A result from the bus. Resolves when it is taken in. */
  async receive(result: Result): Promise<void> {
    const copy = this.flights.copy(result.token);
    if (copy === undefined || !names(this.needs.master, copy.assignment, result)) this.counts.ignored++;
    else if (result.ok) await this.arrived(copy, result);
    else if (result.code === "tile_misdelivered") this.returned(copy, result);
    else this.failed(copy, new TesseraError(result.code, result.message));
    this.pump();
  }

  /** A worker that leaves in good order has begun nothing of what it still has. */
  left(worker: string): void {
    for (const copy of this.flights.copies()) if (copy.seat.id === worker) this.takeBack(copy);
  }

  /** While a job has suspects, one worker is kept for them, and has one of them at a time. */
  private sendSuspects(live: readonly WorkerSeat[]): void {
    const waiting = this.turns.runs().some((run) => run.hasSuspects());
    if (this.kept !== undefined && (!live.includes(this.kept) || (!waiting && this.kept.out === 0)))
      this.kept = undefined;
    if (!waiting) return;
    this.kept ??= live.toSorted((a, b) => a.out - b.out)[0];
    if (this.kept === undefined || this.kept.out > 0) return;
    // In one process with the worker, what is computed but not marked would be blamed too if the suspect took it down.
    if (!this.needs.bus.packs && this.turns.runs().some((run) => run.isCollecting())) return;
    const assignment = this.turns.next(
      (run) => run.takeSuspect(),
      (run) => run.hasSuspects(),
    );
    if (assignment !== undefined) this.send(assignment, this.kept, live);
  }

  /** All is sent, and a worker is idle: it gets what is late elsewhere, if it would be sooner. */
  private sendLate(open: readonly WorkerSeat[], live: readonly WorkerSeat[]): void {
    const isIdle = ({ out, beat }: WorkerSeat) => out < beat.threads;
    if (!open.some(isIdle) || this.flights.size === 0) return;
    const now = this.needs.clock.now();
    const late = this.flights
      .copies()
      .filter(mayBeSentAgain)
      .map((copy) => ({ copy, leftMs: leftMs(copy, now) }))
      .sort((a, b) => b.leftMs - a.leftMs);
    for (const { copy, leftMs } of late) {
      const others = open.filter((seat) => seat !== copy.seat && isIdle(seat));
      const seat = this.pace.quickest(others, live);
      if (seat === undefined || leftMs <= this.pace.answer(seat, live)) continue;
      const again = copy.flight.run.again(copy.assignment);
      if (again !== undefined) this.send(again, seat, live);
    }
  }

  private send(assignment: Assignment, seat: WorkerSeat, live: readonly WorkerSeat[]): void {
    const now = this.needs.clock.now();
    const flight = this.flights.of(assignment);
    if (flight.copies.size > 0) this.counts.sentAgain++;
    this.counts.sent++;
    const copy: Copy = {
      token: randomUUID(),
      assignment,
      flight,
      seat,
      partition: seat.partition(),
      sentMs: now,
      dueMs: now + this.pace.answer(seat, live),
      deadlineMs: now + this.needs.leaseMs,
    };
    this.flights.add(copy);
    this.publish(copy).catch((thrown: unknown) => this.unsent(copy, asTesseraError(thrown)));
    this.tell(copy, "sent");
  }

  /** Not at once, whatever the bus: in memory the answer would come while others are still being sent. */
  private async publish(copy: Copy): Promise<void> {
    const { bus, packing } = this.needs;
    const { window } = copy.assignment;
    const pixels = await (bus.packs ? packing.pack(window) : window);
    // Unless it was cancelled meanwhile, or answered by another.
    if (this.flights.copy(copy.token) === undefined) return;
    await bus.publish("tasks", this.task(copy, pixels), copy.partition);
  }

  private task({ token, seat, assignment }: Copy, window: Task["window"]): Task {
    const { run, tile, attempt, band } = assignment;
    const { job, plan, steps, chain } = run.needs;
    return {
      protocol: PROTOCOL,
      master: this.needs.master,
      job,
      stage: plan.index,
      tile,
      attempt,
      token,
      worker: seat.id,
      steps,
      input: chain.input,
      out: band.rects.get(tile)!,
      window,
      ...band.keeps,
    };
  }

  /** What the bus does not take costs no attempt while it is the bus that is ill. */
  private unsent(copy: Copy, fault: TesseraError): void {
    if (HOPELESS.has(fault.code)) this.failed(copy, fault);
    else if (isBusFault(fault.code)) {
      this.heldUntilMs = this.needs.clock.now() + HOLD_MS;
      this.takeBack(copy);
      this.needs.onTrouble(fault);
    } else this.failed(copy, fault);
  }

  private arrived(copy: Copy, result: TileDone): Promise<void> | undefined {
    const { band, tile } = copy.assignment;
    const wrong = mismatch(band, tile, result);
    copy.seat.tookMs(result.ms);
    if (wrong !== undefined) this.failed(copy, new TesseraError("result_mismatch", wrong));
    else if (result.pixels === undefined) this.accept(copy, result);
    else if (!isPacked(result.pixels)) this.accept(copy, result, result.pixels);
    else return this.unpack(copy, result, result.pixels);
    return undefined;
  }

  /** While it lands, the tile is not out with this worker any more; others may still be quicker. */
  private async unpack(copy: Copy, result: TileDone, packed: Packed): Promise<void> {
    this.flights.land(copy);
    let raster: Raster | undefined;
    let fault: TesseraError | undefined;
    try {
      raster = await this.needs.packing.unpack(packed);
    } catch (thrown) {
      fault = asTesseraError(thrown);
    }
    const wanted = this.flights.isUnderWay(copy.flight);
    this.flights.landed(copy);
    if (!wanted) this.counts.ignored++;
    else if (fault !== undefined) this.madeInVain(copy, fault);
    else this.accept(copy, result, raster);
    if (!wanted && raster !== undefined) this.giveBack(raster);
  }

  /** Only here, once a flight: a repeated message names memory that is somebody else's by now. */
  private accept(copy: Copy, result: TileDone, raster?: Raster): void {
    const { assignment, flight } = copy;
    this.flights.end(flight);
    gather(assignment.band, raster, result.figures);
    assignment.run.accept(assignment, result);
    this.tell(copy, "done", { ms: result.ms });
    if (raster !== undefined) this.giveBack(raster);
  }

  private failed(copy: Copy, error: TesseraError): void {
    if (!this.flights.drop(copy)) return;
    if (!HOPELESS.has(error.code)) this.madeInVain(copy, error);
    else {
      copy.assignment.run.abandon(copy.assignment, error);
      this.tell(copy, "refused", { error });
    }
  }

  /** An attempt that has ended without a tile. While another may still give one, that one decides. */
  private madeInVain(copy: Copy, error: TesseraError): void {
    const { flight, assignment, seat } = copy;
    const { run, tile } = assignment;
    run.blame(assignment, seat.id);
    if (isOver(flight) && !run.isSuspect(tile)) {
      run.refuse(assignment, error);
      this.tell(copy, "refused", { error });
    } else this.suspectIfUnheard(copy);
  }

  private returned(copy: Copy, { worker }: TileFailed): void {
    const { seat, partition } = copy;
    this.counts.returned++;
    // Kafka has given it to another since its worker is gone, which may have died of it: that was an attempt.
    if (worker !== seat.id && !seat.isHeard()) return;
    if (worker === seat.id) seat.withdraw();
    else seat.disown(partition);
    this.takeBack(copy);
  }

  /** An attempt that was not made. */
  private takeBack(copy: Copy): void {
    if (!this.flights.drop(copy)) return;
    const { flight, assignment } = copy;
    if (isOver(flight) && !assignment.run.isSuspect(assignment.tile)) {
      assignment.run.release(assignment);
      this.tell(copy, "returned");
      return;
    }
    assignment.run.uncount(assignment);
    this.suspectIfUnheard(copy);
  }

  private tick(): void {
    this.needs.clock.look();
    for (const seat of this.needs.roster.tick()) {
      const copies = this.flights.copies().filter((copy) => copy.seat === seat);
      for (const copy of copies) seat.state === "lost" ? this.lost(copy) : this.silent(copy);
    }
    const now = this.needs.clock.now();
    for (const copy of this.flights.copies())
      if (copy.deadlineMs <= now)
        this.failed(copy, new TesseraError("tile_failed", "No result came in time."));
    this.pump();
  }

  /** Its worker may come back with the answer; somebody else is asked all the same. */
  private silent(copy: Copy): void {
    const { assignment, seat } = copy;
    assignment.run.blame(assignment, seat.id);
    this.suspectIfUnheard(copy);
  }

  private lost(copy: Copy): void {
    if (!this.flights.drop(copy)) return;
    const { flight, assignment, seat } = copy;
    const { run, tile } = assignment;
    run.blame(assignment, seat.id);
    if (!isOver(flight)) this.suspectIfUnheard(copy);
    else if (!run.isSuspect(tile)) {
      if (!run.suspect(assignment)) run.lose(tile);
      this.tell(copy, "refused");
    }
  }

  /** Nobody who has the tile is heard of: the tile may be the reason. */
  private suspectIfUnheard(copy: Copy): void {
    const { flight, assignment } = copy;
    const { run, tile } = assignment;
    if (isOver(flight) || flight.landing > 0 || run.isSuspect(tile)) return;
    const heard = [...flight.copies].some(({ seat }) => seat.isHeard());
    if (!heard && run.suspect(assignment)) this.tell(copy, "refused");
  }

  private tell({ assignment, seat }: Copy, what: TileEvent["what"], more: Partial<TileEvent> = {}): void {
    this.needs.onTile(assignment, { what, worker: seat.id, ...more });
  }

  private giveBack({ data }: Raster): void {
    if (data.buffer instanceof SharedArrayBuffer) this.needs.buffers.give(data.buffer);
  }
}

/** Those that run alone stay alone. */
const mayBeSentAgain = ({ flight, assignment: { run, tile, alone } }: Copy): boolean =>
  flight.copies.size === 1 && flight.landing === 0 && !alone && !run.isSuspect(tile);

/** How long its answer will still take: as expected, or once that is over, half as long as it has taken so far. */
const leftMs = ({ sentMs, dueMs }: Copy, now: number): number => Math.max(dueMs - now, (now - sentMs) / 2);

function names(master: string, { run, tile, attempt }: Assignment, result: Result): boolean {
  const { job, plan } = run.needs;
  return (
    result.master === master &&
    result.job === job &&
    result.stage === plan.index &&
    result.tile === tile &&
    result.attempt === attempt
  );
}
