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
}

/**
 * One stage of one job under way: knows which tiles are to be sent next, and ends when all are collected. Bands are
 * opened in raster order, as the source's rows are there and the bound on open bands allows.
 */
export class StageRun {
  readonly finished: Promise<void>;
  /** Tiles to be run with nothing else at the same worker; those of an open band with it. */
  private readonly suspects: { readonly tile: number; readonly band?: Band }[];
  private readonly runs: (readonly number[])[];
  private readonly attempts = new Map<number, number>();
  /** Of tiles that were not done at once. */
  private readonly workers = new Map<number, Set<string>>();
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
    const { suspects, runs } = bandRuns(needs.plan, tried);
    this.suspects = suspects.map((tile) => ({ tile }));
    this.runs = [...runs];
    const lost = suspects.find((tile) => this.attempts.get(tile)! >= ATTEMPTS_MAX);
    if (lost !== undefined) this.lose(lost);
    else this.endIfComplete();
  }

  /** Whether tiles are left that have to run with nothing else at work. */
  hasSuspects(): boolean {
    return !this.ended && this.suspects.length > 0;
  }

  /** Whether tiles are computed but not marked yet. */
  isCollecting(): boolean {
    return this.open.some((band) => band.complete());
  }

  /** The next tile to be run alone, if its window is there. */
  takeSuspect(): Assignment | undefined {
    if (!this.hasSuspects()) return undefined;
    const { tile, band: opened } = this.suspects[0]!;
    const band = opened ?? this.band([tile]);
    if (opened === undefined && !this.canRead(band)) return undefined;
    this.suspects.shift();
    if (opened !== undefined) return this.again(band, tile);
    return this.openBand(band) ? this.assign(band) : undefined;
  }

  /** Another attempt of a tile that is out already, or was. Nothing if it has had all that it may have. */
  again(band: Band, tile: number): Assignment | undefined {
    if (this.ended || this.attempts.get(tile)! >= ATTEMPTS_MAX) return undefined;
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
    const suspect = this.suspects.findIndex((each) => each.tile === tile);
    if (suspect >= 0) this.suspects.splice(suspect, 1); // it was only late
    band.collected.push({ tile, worker, ms });
    if (!band.complete()) return;
    const onWritten = () => band.close(this.needs.buffers);
    this.needs.collect(band, onWritten).then(
      () => this.closed(band),
      (thrown: TesseraError) => this.fail(thrown),
    );
  }

  /** A failed attempt: the tile goes back in line, or is dead after its last and the job with it. */
  refuse({ band, tile }: Assignment, worker: string, error: TesseraError): void {
    if (this.ended) return;
    this.blame(tile, worker);
    if (this.attempts.get(tile)! >= ATTEMPTS_MAX)
      this.die(
        tile,
        new TesseraError("tile_failed", `${this.describe(tile)}: ${error.message}`, { cause: error }),
      );
    else if (this.unlessFailed(() => this.count([tile]))) band.waiting.push(tile);
  }

  /** An attempt that was never made: the tile goes back in line, and the attempt does not count. */
  release({ band, tile }: Assignment): void {
    if (!this.ended) band.waiting.unshift(tile);
  }

  /**
   * Its worker has gone silent, and the tile may be the reason: the next attempt is made with nothing else at the same
   * worker. False if it has had its attempts.
   */
  suspect({ band, tile }: Assignment, worker: string): boolean {
    this.blame(tile, worker);
    if (this.ended || this.attempts.get(tile)! >= ATTEMPTS_MAX) return false;
    this.suspects.push({ tile, band });
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
    const { store, job, plan } = this.needs;
    const begun = this.open.flatMap((band) => (band.complete() ? [] : band.tiles));
    if (!this.ended) store.uncountAttempts(job, plan.index, begun);
    this.fail(error);
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

  private assign(band: Band): Assignment {
    return this.out(band, band.waiting.shift()!);
  }

  private out(band: Band, tile: number): Assignment {
    return { run: this, tile, attempt: this.attempts.get(tile)!, band, window: band.windowOf(tile) };
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
    if (this.ended || this.open.length + this.suspects.length + this.runs.length > 0 || this.next) return;
    this.ended = true;
    this.resolve();
  }

  private blame(tile: number, worker: string): void {
    const workers = this.workers.get(tile) ?? new Set();
    this.workers.set(tile, workers.add(worker));
  }

  private die(tile: number, error: TesseraError): void {
    if (this.ended) return;
    const workers = [...(this.workers.get(tile) ?? [])];
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
