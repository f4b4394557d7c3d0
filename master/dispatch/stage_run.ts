import type { BufferPool } from "../../shared/buffers.ts";
import type { TileDone } from "../../shared/bus/messages.ts";
import { asTesseraError, TesseraError } from "../../shared/errors.ts";
import type { Chain } from "../../shared/ops/chain.ts";
import type { Step } from "../../shared/ops/op.ts";
import type { Raster } from "../../shared/raster.ts";
import { Band } from "../bands/band.ts";
import { bandRuns } from "../bands/runs.ts";
import type { Canvas } from "../canvas/canvas.ts";
import { type StagePlan, tileRect } from "../plan/plan.ts";
import type { JobStore } from "../store/store.ts";

/** Beside the bound on their bytes. */
const OPEN_BANDS_MAX = 64;
/** Attempts that a tile has before it is dead. */
export const ATTEMPTS_MAX = 3;

export interface StageRunNeeds {
  readonly job: string;
  /** Its share of turns beside other jobs. */
  readonly weight: () => number;
  readonly plan: StagePlan;
  /** The steps as they run: what opens the stage, then its own. */
  readonly steps: readonly Step[];
  readonly chain: Chain;
  readonly source: Canvas;
  /** Rows of the source that are there; it may still be growing. */
  readonly rowsReady: () => number;
  readonly store: JobStore;
  readonly buffers: BufferPool;
  /**
   * Whether tiles are computed in other processes: then it was not a tile that took this one down, and after a crash
   * each may be tried again.
   */
  readonly workersApart: boolean;
  /** Bytes that the open bands may hold together; one band is always allowed. */
  readonly openBytesMax: number;
  /** Puts a complete band away; tells when its memory is free, and resolves when its tiles are marked. */
  readonly collect: (band: Band, onWritten: () => void) => Promise<void>;
  /** Told when a band has been put away, so that more may be sent. */
  readonly onRoom: () => void;
  /** Told of the tile that is given up on, before the stage fails with `error`. */
  readonly onDead: (tile: DeadTile, error: TesseraError) => void;
}

/** A tile that has had all its attempts. */
export interface DeadTile {
  readonly tile: number;
  readonly attempts: number;
  /** Those that had it, as far as this master knows. */
  readonly workers: readonly string[];
}

/** One tile to be sent: the attempt has been counted. */
export interface Assignment {
  readonly run: StageRun;
  readonly tile: number;
  readonly attempt: number;
  readonly band: Band;
  readonly window: Raster;
  /** It may have taken a worker down: nothing else goes to whoever has it. */
  readonly alone: boolean;
}

/** A tile that is to be run alone. */
interface Suspect {
  /** Its band, if that is open. */
  readonly band?: Band;
  /** Its next attempt is counted already. */
  readonly counted?: boolean;
}

/**
 * One stage of one job under way: knows which tiles are to be sent next, and ends when all are collected. Bands are
 * opened in raster order, as the source's rows are there and the bound on open bands allows.
 */
export class StageRun {
  readonly finished: Promise<void>;
  /** By tile, in the order in which they will be run. */
  private readonly suspects: Map<number, Suspect>;
  private readonly runs: (readonly number[])[];
  /** Of each tile, with those that are out or about to be. */
  private readonly attempts = new Map<number, number>();
  /** Of each tile, those that an earlier run of the job made in vain. */
  private readonly attemptsBefore: ReadonlyMap<number, number>;
  /** Of tiles that are not done: the attempts that were made in vain, and with whom. */
  private readonly vain = new Map<number, Map<Assignment, string>>();
  private readonly open: Band[] = [];
  private next: Band | undefined;
  private ended = false;
  private resolve!: () => void;
  private reject!: (error: TesseraError) => void;

  constructor(readonly needs: StageRunNeeds) {
    this.finished = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever runs the job awaits it later; until then a rejection is not unhandled.
    this.finished.catch(() => {});
    const tried = needs.store.triedTiles(needs.job, needs.plan.index);
    const most = needs.workersApart ? ATTEMPTS_MAX - 1 : ATTEMPTS_MAX;
    for (const { tile, attempts } of tried) this.attempts.set(tile, Math.min(attempts, most));
    this.attemptsBefore = new Map(this.attempts);
    const { suspects, runs } = bandRuns(needs.plan, tried);
    this.suspects = new Map(suspects.map((tile) => [tile, {}]));
    this.runs = [...runs];
    const lost = suspects.find((tile) => this.attempts.get(tile)! >= ATTEMPTS_MAX);
    if (lost !== undefined) this.lose(lost);
    else this.endIfComplete();
  }

  /** Whether tiles are left that have to run with nothing else at work. */
  hasSuspects(): boolean {
    return !this.ended && this.suspects.size > 0;
  }

  isSuspect(tile: number): boolean {
    return this.suspects.has(tile);
  }

  /** Whether tiles are computed but not marked yet. */
  isCollecting(): boolean {
    return this.open.some((band) => band.complete());
  }

  /** The next tile to be run alone, if its window is there. */
  takeSuspect(): Assignment | undefined {
    if (!this.hasSuspects()) return undefined;
    const [tile, suspect] = this.suspects.entries().next().value!;
    const band = suspect.band ?? this.band([tile]);
    if (suspect.band === undefined) {
      if (!this.canRead(band)) return undefined;
      this.suspects.delete(tile);
      return this.openBand(band) ? this.assign(band, true) : undefined;
    }
    this.suspects.delete(tile);
    if (!suspect.counted && !this.unlessFailed(() => this.count([tile]))) return undefined;
    return this.out(band, tile, true);
  }

  /** Another attempt of a tile that is out already; nothing if that would be its last. */
  again({ band, tile }: Assignment): Assignment | undefined {
    if (this.ended || this.attempts.get(tile)! >= ATTEMPTS_MAX - 1) return undefined;
    return this.unlessFailed(() => this.count([tile])) ? this.out(band, tile) : undefined;
  }

  /** The next tile, or nothing for now. */
  take(): Assignment | undefined {
    if (this.ended) return undefined;
    const begun = this.open.find((band) => band.waiting.length > 0);
    if (begun !== undefined) return this.assign(begun);
    if (this.runs.length === 0 && this.next === undefined) return undefined;
    this.next ??= this.band(this.runs.shift()!);
    if (!this.hasRoomFor(this.next) || !this.canRead(this.next)) return undefined;
    const band = this.next;
    this.next = undefined;
    return this.openBand(band) ? this.assign(band) : undefined;
  }

  /** Takes in a checked result. The band that it completes is put away. */
  accept({ band }: Assignment, { tile, worker, ms }: TileDone): void {
    if (this.ended) return;
    this.suspects.delete(tile); // it was only late
    this.vain.delete(tile);
    band.collected.push({ tile, worker, ms });
    if (!band.complete()) return;
    const onWritten = () => band.close(this.needs.buffers);
    this.needs.collect(band, onWritten).then(
      () => this.closed(band),
      (thrown: TesseraError) => this.fail(thrown),
    );
  }

  /** The attempt was made in vain, or its worker is not heard of; to be said before anything else is made of it. */
  blame(assignment: Assignment, worker: string): void {
    const { tile } = assignment;
    const vain = this.vain.get(tile) ?? new Map<Assignment, string>();
    this.vain.set(tile, vain.set(assignment, worker));
  }

  /** After its last attempt that was out: the tile goes back in line, or is dead and the job with it. */
  refuse({ band, tile }: Assignment, error: TesseraError): void {
    if (this.ended) return;
    const said = error.code === "tile_failed" ? error.detail : error.message;
    if (this.attempts.get(tile)! >= ATTEMPTS_MAX)
      this.die(tile, new TesseraError("tile_failed", `${this.describe(tile)}: ${said}`, { cause: error }));
    else if (this.unlessFailed(() => this.count([tile]))) band.waiting.push(tile);
  }

  /** An attempt that was not made, of a tile that is out no more: the tile goes back to where it came from. */
  release(assignment: Assignment): void {
    if (this.ended) return;
    const { band, tile, alone } = assignment;
    this.vain.get(tile)?.delete(assignment);
    if (alone) this.suspects.set(tile, { band, counted: true });
    else band.waiting.unshift(tile);
  }

  /** An attempt that was not made, of a tile that somebody else has or is to have. */
  uncount(assignment: Assignment): void {
    if (this.ended) return;
    const { tile } = assignment;
    this.vain.get(tile)?.delete(assignment);
    this.unlessFailed(() => this.needs.store.uncountAttempts(this.needs.job, this.needs.plan.index, [tile]));
    this.attempts.set(tile, this.attempts.get(tile)! - 1);
  }

  /**
   * Whoever has the tile is not heard of, and it may be the reason: the next attempt is made with nothing else at the
   * same worker. False if it has had its attempts.
   */
  suspect({ band, tile }: Assignment): boolean {
    if (this.ended || this.attempts.get(tile)! >= ATTEMPTS_MAX) return false;
    this.suspects.set(tile, { band });
    return true;
  }

  /** Its last worker has not come back: the tile is dead, and the job with it. */
  lose(tile: number): void {
    this.die(tile, new TesseraError("tile_lost", `${this.describe(tile)}.`));
  }

  /** Ends the stage for a reason that no further attempt would mend. */
  abandon({ tile }: Assignment, error: TesseraError): void {
    this.fail(new TesseraError(error.code, `${this.describe(tile)}: ${error.detail}`, { cause: error }));
  }

  /** Drops everything that was not collected. In good order, attempts that were cut short don't count. */
  stop(error: TesseraError): void {
    if (this.ended) return;
    const { store, job, plan } = this.needs;
    const begun = this.open.flatMap((band) => (band.complete() ? [] : band.tiles));
    this.unlessFailed(() =>
      store.uncountAttempts(
        job,
        plan.index,
        begun.flatMap((tile) => Array.from({ length: this.cutShort(tile) }, () => tile)),
      ),
    );
    this.fail(error);
  }

  /** Attempts of a tile that have not ended. */
  private cutShort(tile: number): number {
    const ended = (this.attemptsBefore.get(tile) ?? 0) + (this.vain.get(tile)?.size ?? 0);
    return this.attempts.get(tile)! - ended;
  }

  private openBand(band: Band): boolean {
    this.open.push(band);
    return this.unlessFailed(() => {
      this.count(band.tiles);
      this.needs.source.read(band.open(this.needs.buffers));
    });
  }

  /** A disk that is full or cannot be read ends the stage, not the dispatcher that happened to ask. */
  private unlessFailed(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (thrown) {
      this.fail(asTesseraError(thrown));
      return false;
    }
  }

  private assign(band: Band, alone = false): Assignment {
    return this.out(band, band.waiting.shift()!, alone);
  }

  private out(band: Band, tile: number, alone = false): Assignment {
    return { run: this, tile, attempt: this.attempts.get(tile)!, band, window: band.windowOf(tile), alone };
  }

  private count(tiles: readonly number[]): void {
    this.needs.store.countAttempts(this.needs.job, this.needs.plan.index, tiles);
    for (const tile of tiles) this.attempts.set(tile, (this.attempts.get(tile) ?? 0) + 1);
  }

  private band(tiles: readonly number[]): Band {
    const { plan, chain } = this.needs;
    const rects = new Map(tiles.map((tile) => [tile, tileRect(plan, tile)]));
    return new Band(tiles, rects, chain, { pixels: plan.writes, figures: plan.ends !== undefined });
  }

  private hasRoomFor(band: Band): boolean {
    const held = this.open.reduce((sum, { bytes, source }) => sum + (source === undefined ? 0 : bytes), 0);
    return (
      this.open.length === 0 ||
      (held + band.bytes <= this.needs.openBytesMax && this.open.length < OPEN_BANDS_MAX)
    );
  }

  private canRead({ window }: Band): boolean {
    return window.y + window.height <= this.needs.rowsReady();
  }

  private closed(band: Band): void {
    this.open.splice(this.open.indexOf(band), 1);
    band.close(this.needs.buffers);
    this.endIfComplete();
    this.needs.onRoom();
  }

  private endIfComplete(): void {
    if (this.ended || this.open.length + this.suspects.size + this.runs.length > 0 || this.next) return;
    this.ended = true;
    this.resolve();
  }

  private die(tile: number, error: TesseraError): void {
    if (this.ended) return;
    const workers = [...(this.vain.get(tile)?.values() ?? [])];
    this.needs.onDead({ tile, attempts: this.attempts.get(tile) ?? 0, workers }, error);
    this.fail(error);
  }

  private fail(error: TesseraError): void {
    if (this.ended) return;
    this.ended = true;
    // A band that is being put away still needs its memory; the others' is free.
    for (const band of this.open) if (!band.complete()) band.close(this.needs.buffers);
    this.reject(error);
  }

  private describe(tile: number): string {
    const { index, columns } = this.needs.plan;
    return `Tile ${tile % columns},${Math.floor(tile / columns)} of stage ${index}`;
  }
}
