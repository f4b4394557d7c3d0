import type { Static } from "@sinclair/typebox";
import type { WorkerSchema } from "../../shared/api/worker.ts";
import { type Heartbeat, PROTOCOL } from "../../shared/bus/messages.ts";
import { TesseraError } from "../../shared/errors.ts";
import { differingOps, type Fingerprint } from "../../shared/ops/fingerprint.ts";
import type { AwakeClock } from "../clock.ts";

/** A worker as it is shown, and how the master sees it. */
export type WorkerView = Static<typeof WorkerSchema>;
export type WorkerState = WorkerView["state"];

export interface RosterOptions {
  readonly fingerprint: Fingerprint;
  readonly clock: AwakeClock;
  /** Milliseconds without a heartbeat. */
  readonly silentAfterMs: number;
  readonly lostAfterMs: number;
}

const FORGET_AFTER_MS = 600_000;
/** More than any installation has; a forger fills no memory. */
const WORKERS_MAX = 10_000;
/** Weight of the newest tile in a worker's mean. */
const NEWEST = 0.2;

/** One worker and what the master has out with it. */
export class WorkerSeat {
  state: WorkerState = "live";
  /** Tiles that are out with it. */
  out = 0;
  /** Milliseconds that a thread of it was busy with a tile, the newest counting most. */
  tileMs: number | undefined;
  /** Somebody has said that it is to get no more tiles. */
  held = false;
  private turn = 0;
  private readonly notItsOwn = new Set<number>();

  constructor(
    public beat: Heartbeat,
    public heardMs: number,
  ) {}

  get id(): string {
    return this.beat.worker;
  }

  /** Whether it is there, as far as one knows. */
  isHeard(): boolean {
    return this.state === "live" || this.state === "draining";
  }

  hear(beat: Heartbeat, now: number): void {
    this.beat = beat;
    this.heardMs = now;
    this.notItsOwn.clear();
  }

  tookMs(ms: number): void {
    this.tileMs = this.tileMs === undefined ? ms : this.tileMs + NEWEST * (ms - this.tileMs);
  }

  /** Whether there is a way to it. */
  isReachable(): boolean {
    return this.beat.partitions.some((partition) => !this.notItsOwn.has(partition));
  }

  /** The next of its partitions in turn; of one that is reachable. */
  partition(): number {
    const own = this.beat.partitions.filter((partition) => !this.notItsOwn.has(partition));
    return own[this.turn++ % own.length]!;
  }

  /** It has sent something back itself: it is about to leave, unless its next heartbeat says otherwise. */
  withdraw(): void {
    if (this.state === "live") this.state = "draining";
  }

  /** Somebody else got what was sent there: until it says otherwise, the partition is not its own. */
  disown(partition: number): void {
    this.notItsOwn.add(partition);
  }
}

/** Who is there to work, by the master's own clock: what the workers' clocks say is never compared with it. */
export class Roster {
  private readonly seats = new Map<string, WorkerSeat>();

  constructor(private readonly options: RosterOptions) {}

  hear(beat: Heartbeat): void {
    const now = this.options.clock.now();
    let seat = this.seats.get(beat.worker);
    if (seat === undefined) {
      if (this.seats.size >= WORKERS_MAX && !this.makeRoom()) return;
      seat = new WorkerSeat(beat, now);
      this.seats.set(beat.worker, seat);
    }
    if (seat.state === "left") return; // heard late: that was its last word
    seat.hear(beat, now);
    seat.state = this.stateOf(seat);
  }

  /** To be called every so often. @returns those that have gone silent or lost since the last time */
  tick(): WorkerSeat[] {
    const { clock, silentAfterMs, lostAfterMs } = this.options;
    const now = clock.now();
    const gone: WorkerSeat[] = [];
    for (const [id, seat] of this.seats) {
      const ago = now - seat.heardMs;
      const before = seat.state;
      // Only one that has nothing out any more.
      if ((before === "left" || before === "lost") && ago > FORGET_AFTER_MS) this.seats.delete(id);
      else if (before === "left") continue;
      else if (ago > lostAfterMs) seat.state = "lost";
      else if (ago > silentAfterMs) seat.state = "silent";
      if (seat.state !== before) gone.push(seat);
    }
    return gone;
  }

  get(id: string): WorkerSeat | undefined {
    return this.seats.get(id);
  }

  /** Those that may be given tiles. */
  live(): WorkerSeat[] {
    return [...this.seats.values()].filter((seat) => seat.state === "live" && seat.isReachable());
  }

  list(): WorkerView[] {
    const now = this.options.clock.now();
    return [...this.seats.values()].map(({ beat, state, heardMs }) => {
      const { worker: id, name, host, version, protocol, fingerprint, threads, partitions } = beat;
      const differs = state === "incompatible" ? differingOps(beat.ops, this.options.fingerprint.ops) : [];
      return {
        ...{ id, name, host, version, state, protocol, fingerprint, differs, threads },
        partitions: partitions.length,
        in_flight: beat.inFlight,
        tiles_done: beat.tilesDone,
        tiles_per_second: beat.tilesPerSecond,
        load: beat.load,
        rss_bytes: beat.rssBytes,
        heard_ms_ago: now - heardMs,
      };
    });
  }

  /** Forgets one that works no more or never did, so that whoever fills the list keeps nobody out. */
  private makeRoom(): boolean {
    for (const [id, { state, out }] of this.seats)
      if (out === 0 && (state === "incompatible" || state === "lost" || state === "left"))
        return this.seats.delete(id);
    return false;
  }

  /** Gives a worker no more tiles, until it is told otherwise; what it has it finishes. @throws worker_not_found */
  hold(id: string, held: boolean): WorkerView {
    const seat = this.seats.get(id);
    if (seat === undefined || seat.state === "left") throw new TesseraError("worker_not_found");
    seat.held = held;
    if (seat.state === "live" || seat.state === "draining") seat.state = this.stateOf(seat);
    return this.list().find((worker) => worker.id === id)!;
  }

  private stateOf({ beat: { phase, protocol, fingerprint }, held }: WorkerSeat): WorkerState {
    if (phase === "left") return "left";
    if (protocol !== PROTOCOL || fingerprint !== this.options.fingerprint.hash) return "incompatible";
    return phase === "draining" || held ? "draining" : "live";
  }
}
