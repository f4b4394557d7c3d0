import { randomUUID } from "node:crypto";
import type { BufferPool } from "../../shared/buffers.ts";
import { isPacked, PROTOCOL, type Result, type Task, type TileDone } from "../../shared/bus/messages.ts";
import type { Bus } from "../../shared/bus/port.ts";
import { asTesseraError, type ErrorCode, TesseraError } from "../../shared/errors.ts";
import type { Raster } from "../../shared/raster.ts";
import { gather, mismatch } from "../collect/check.ts";
import type { Packing } from "../packing/packing.ts";
import type { Roster, WorkerSeat } from "../workers/roster.ts";
import { type Copy, Flights } from "./flights.ts";
import { Pace } from "./pace.ts";
import { type Assignment, ATTEMPTS_MAX, type StageRun } from "./stage_run.ts";
import { Turns } from "./turns.ts";

const TICK_MS = 100;
/** After the bus has not taken a message. */
const HOLD_MS = 1000;
/** No later attempt would go better. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set(["bus_message_too_large"]);

/** What became of an attempt; one that is not done, for whatever reason, is made again or was the last. */
export type TileEvent = "sent" | "done" | "refused";

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
  readonly now: () => number;
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
  private timer: Timer | undefined;

  constructor(private readonly needs: DispatcherNeeds) {
    this.pace = new Pace(needs.bus.packs);
  }

  /** From here on, answers are heard. */
  start(): void {
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.pump();
  }

  stop(): void {
    clearInterval(this.timer);
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
    if (this.timer === undefined || this.needs.now() < this.heldUntilMs) return;
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
    else if (!result.ok)
      this.refused(copy, new TesseraError(result.code, result.message), result.code, result.worker);
    else await this.arrived(copy, result);
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
    const assignment = this.turns.next((run) => run.takeSuspect());
    if (assignment !== undefined) this.send(assignment, this.kept, live);
  }

  /** All is sent, and a worker is idle: it gets what is late elsewhere, if it would be sooner. */
  private sendLate(open: readonly WorkerSeat[], live: readonly WorkerSeat[]): void {
    const idle = open.filter((seat) => seat.out < seat.beat.threads);
    if (idle.length === 0 || this.flights.size === 0) return;
    const now = this.needs.now();
    const late = this.flights
      .copies()
      .filter(({ flight }) => flight.copies.size === 1 && !flight.landing && !flight.suspected)
      .map((copy) => ({ copy, leftMs: leftMs(copy, now) }))
      .sort((a, b) => b.leftMs - a.leftMs);
    for (const { copy, leftMs } of late) {
      const seat = this.pace.quickest(
        idle.filter((each) => each !== copy.seat && each.out < each.beat.threads),
        live,
      );
      if (seat === undefined || leftMs <= this.pace.answer(seat, live)) return;
      // Its last attempt is not for being quicker.
      if (copy.assignment.attempt >= ATTEMPTS_MAX - 1) continue;
      const again = copy.flight.run.again(copy.assignment.band, copy.flight.tile);
      if (again !== undefined) this.send(again, seat, live);
    }
  }

  private send(assignment: Assignment, seat: WorkerSeat, live: readonly WorkerSeat[]): void {
    const now = this.needs.now();
    const flight = this.flights.of(assignment);
    if (flight.copies.size > 0) this.counts.sentAgain++;
    this.counts.sent++;
    flight.suspected = false;
    const copy: Copy = {
      token: randomUUID(),
      assignment,
      flight,
      seat,
      partition: seat.partition() ?? 0,
      sentMs: now,
      dueMs: now + this.pace.answer(seat, live),
      deadlineMs: now + this.needs.leaseMs,
    };
    this.flights.add(copy);
    this.publish(copy).catch((thrown: unknown) => this.unsent(copy, asTesseraError(thrown)));
    this.needs.onTile(assignment, "sent");
  }

  private publish(copy: Copy): Promise<void> {
    const { bus, packing } = this.needs;
    const { window } = copy.assignment;
    if (!bus.packs) return bus.publish("tasks", this.task(copy, window), copy.partition);
    return packing.pack(window).then((packed) => {
      // Cancelled meanwhile, or answered by another.
      if (this.flights.copy(copy.token) === undefined) return;
      return bus.publish("tasks", this.task(copy, packed), copy.partition);
    });
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

  /** What the bus does not take costs no attempt: it is the bus that is ill. */
  private unsent(copy: Copy, fault: TesseraError): void {
    if (HOPELESS.has(fault.code)) {
      this.giveUp(copy, fault);
      return;
    }
    this.heldUntilMs = this.needs.now() + HOLD_MS;
    this.takeBack(copy);
    this.needs.onTrouble(fault);
  }

  private giveUp(copy: Copy, fault: TesseraError): void {
    if (this.flights.drop(copy)) copy.assignment.run.abandon(copy.assignment, fault);
  }

  /** An attempt that was not made. */
  private takeBack(copy: Copy): void {
    const { flight, assignment } = copy;
    if (this.flights.drop(copy) && flight.copies.size === 0 && !flight.suspected)
      assignment.run.release(assignment);
  }

  private arrived(copy: Copy, result: TileDone): Promise<void> | undefined {
    const { band, tile } = copy.assignment;
    const wrong = mismatch(band, tile, result);
    copy.seat.tookMs(result.ms);
    if (wrong !== undefined) this.refused(copy, new TesseraError("result_mismatch", wrong));
    else if (result.pixels === undefined) this.land(copy, result);
    else if (!isPacked(result.pixels)) this.land(copy, result, result.pixels);
    else return this.unpack(copy, result);
    return undefined;
  }

  private async unpack(copy: Copy, result: TileDone): Promise<void> {
    const { flight } = copy;
    if (flight.landing || result.pixels === undefined || !isPacked(result.pixels)) return;
    flight.landing = true;
    try {
      const raster = await this.needs.packing.unpack(result.pixels);
      flight.landing = false;
      if (this.flights.isUnderWay(flight)) this.land(copy, result, raster);
      else this.giveBack(raster);
    } catch (thrown) {
      flight.landing = false;
      const error = asTesseraError(thrown);
      if (flight.copies.has(copy)) this.refused(copy, error);
      // All its copies were given up while this one was unpacked.
      else if (flight.copies.size === 0 && this.flights.isUnderWay(flight)) {
        this.flights.end(flight);
        if (!flight.suspected) copy.assignment.run.refuse(copy.assignment, copy.seat.id, error);
      }
    }
  }

  /** Only here, once a flight: a repeated message names memory that is somebody else's by now. */
  private land({ assignment, flight }: Copy, result: TileDone, raster?: Raster): void {
    this.flights.end(flight);
    gather(assignment.band, raster, result.figures);
    assignment.run.accept(assignment, result);
    this.needs.onTile(assignment, "done");
    if (raster !== undefined) this.giveBack(raster);
  }

  /** One copy of a tile was not done. While another is out, that one decides. */
  private refused(copy: Copy, error: TesseraError, code = error.code, by = copy.seat.id): void {
    const { flight, assignment, seat, partition } = copy;
    if (code === "tile_misdelivered") {
      this.counts.returned++;
      if (by === seat.id) this.takeBack(copy);
      // Kafka has given it to another since its worker is gone, which may have died of it: that was an attempt.
      else if (seat.isHeard()) {
        seat.disown(partition);
        this.takeBack(copy);
      }
      return;
    }
    if (HOPELESS.has(code)) {
      this.giveUp(copy, error);
      return;
    }
    if (!this.flights.drop(copy) || flight.copies.size > 0 || flight.suspected) return;
    assignment.run.refuse(assignment, seat.id, error);
    this.needs.onTile(assignment, "refused");
  }

  private tick(): void {
    for (const seat of this.needs.roster.tick()) {
      const copies = this.flights.copies().filter((copy) => copy.seat === seat);
      for (const copy of copies) seat.state === "lost" ? this.lost(copy) : this.silent(copy);
    }
    const now = this.needs.now();
    for (const copy of this.flights.copies())
      if (copy.deadlineMs <= now)
        this.refused(copy, new TesseraError("tile_failed", "No result came in time."));
    this.pump();
  }

  /** Its worker may come back with the answer; somebody else is asked all the same. */
  private silent({ flight, assignment, seat: gone }: Copy): void {
    const heard = [...flight.copies].some(({ seat }) => seat.isHeard());
    if (heard || flight.landing || flight.suspected) return;
    flight.suspected = assignment.run.suspect(assignment, gone.id);
    if (flight.suspected) this.needs.onTile(assignment, "refused");
  }

  private lost(copy: Copy): void {
    const { flight, assignment } = copy;
    if (this.flights.drop(copy) && flight.copies.size === 0 && !flight.suspected && !flight.landing)
      assignment.run.lose(assignment.tile);
  }

  private giveBack({ data }: Raster): void {
    if (data.buffer instanceof SharedArrayBuffer) this.needs.buffers.give(data.buffer);
  }
}

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
