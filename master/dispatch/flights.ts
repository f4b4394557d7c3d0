import type { WorkerSeat } from "../workers/roster.ts";
import type { Assignment, StageRun } from "./stage_run.ts";

/** A tile on its way: sent to a worker, or to several since the first was late or silent. The first answer wins. */
export interface Flight {
  readonly run: StageRun;
  readonly tile: number;
  readonly copies: Set<Copy>;
  /** Answers that have come and are being unpacked; they are out no more. */
  landing: number;
}

/** One task on the bus. */
export interface Copy {
  readonly token: string;
  readonly assignment: Assignment;
  readonly flight: Flight;
  readonly seat: WorkerSeat;
  readonly partition: number;
  readonly sentMs: number;
  /** When its answer is expected. */
  readonly dueMs: number;
  /** When it is given up. */
  readonly deadlineMs: number;
}

/** Nobody has the tile any more. */
export const isOver = ({ copies, landing }: Flight): boolean => copies.size + landing === 0;

/** All tiles on their way, by token and by tile. */
export class Flights {
  private readonly byToken = new Map<string, Copy>();
  private readonly byRun = new Map<StageRun, Map<number, Flight>>();

  get size(): number {
    return this.byToken.size;
  }

  of({ run, tile }: Assignment): Flight {
    const flights = this.byRun.get(run) ?? new Map<number, Flight>();
    this.byRun.set(run, flights);
    const flight = flights.get(tile) ?? { run, tile, copies: new Set(), landing: 0 };
    flights.set(tile, flight);
    return flight;
  }

  copy(token: string): Copy | undefined {
    return this.byToken.get(token);
  }

  copies(): Copy[] {
    return [...this.byToken.values()];
  }

  add(copy: Copy): void {
    this.byToken.set(copy.token, copy);
    copy.flight.copies.add(copy);
    copy.seat.out++;
  }

  /** Whether it was still out. With its last copy a flight has ended, unless an answer is landing. */
  drop(copy: Copy): boolean {
    if (!this.byToken.delete(copy.token)) return false;
    copy.flight.copies.delete(copy);
    copy.seat.out--;
    this.endIfOver(copy.flight);
    return true;
  }

  /** Its answer has come and has to be unpacked. */
  land(copy: Copy): void {
    copy.flight.landing++;
    this.drop(copy);
  }

  /** The answer is unpacked, or cannot be. */
  landed({ flight }: Copy): void {
    flight.landing--;
    this.endIfOver(flight);
  }

  /** Ends a flight with all its copies. */
  end(flight: Flight): void {
    for (const copy of [...flight.copies]) this.drop(copy);
    this.forget(flight);
  }

  /** Ends all flights of a run. */
  endRun(run: StageRun): void {
    for (const flight of [...(this.byRun.get(run)?.values() ?? [])]) this.end(flight);
    this.byRun.delete(run);
  }

  isUnderWay(flight: Flight): boolean {
    return this.byRun.get(flight.run)?.get(flight.tile) === flight;
  }

  private endIfOver(flight: Flight): void {
    if (isOver(flight)) this.forget(flight);
  }

  private forget(flight: Flight): void {
    if (this.isUnderWay(flight)) this.byRun.get(flight.run)?.delete(flight.tile);
  }
}
