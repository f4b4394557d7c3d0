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

/** Bytes that the open bands of a stage may hold together; one band is always allowed. */
const OPEN_BYTES_MAX = 32 << 20;
const OPEN_BANDS_MAX = 16;
/** Attempts that a tile has before it is dead. */
export const ATTEMPTS_MAX = 3;

export interface StageRunNeeds {
  readonly job: string;
  readonly plan: StagePlan;
  /** The steps as they run: what opens the stage, then its own. */
  readonly steps: readonly Step[];
  readonly chain: Chain;
  readonly source: Canvas;
  /** Rows of the source that are there; it may still be growing. */
  readonly rowsReady: () => number;
  readonly store: JobStore;
  readonly buffers: BufferPool;
  /** Puts a complete band away; tells when its memory is free, and resolves when its tiles are marked. */
  readonly collect: (band: Band, onWritten: () => void) => Promise<void>;
  /** Told when a band has been put away, so that more may be sent. */
  readonly onRoom: () => void;
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
  private readonly suspects: number[];
  private readonly runs: (readonly number[])[];
  private readonly attempts = new Map<number, number>();
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
    for (const { tile, attempts } of tried) this.attempts.set(tile, attempts);
    const { suspects, runs } = bandRuns(needs.plan, tried);
    this.suspects = [...suspects];
    this.runs = [...runs];
    const lost = suspects.find((tile) => this.attempts.get(tile)! >= ATTEMPTS_MAX);
    if (lost !== undefined) this.fail(new TesseraError("tile_lost", `${this.describe(lost)}.`));
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
    const band = this.band([this.suspects[0]!]);
    if (!this.canRead(band)) return undefined;
    this.suspects.shift();
    return this.openBand(band) ? this.assign(band) : undefined;
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
    band.collected.push({ tile, worker, ms });
    if (!band.complete()) return;
    const onWritten = () => band.close(this.needs.buffers);
    this.needs.collect(band, onWritten).then(
      () => this.closed(band),
      (thrown: TesseraError) => this.fail(thrown),
    );
  }

  /** A failed attempt: the tile goes back in line, or is dead after its last and the job with it. */
  refuse({ band, tile, attempt }: Assignment, error: TesseraError): void {
    if (this.ended) return;
    if (attempt >= ATTEMPTS_MAX) {
      this.fail(
        new TesseraError("tile_failed", `${this.describe(tile)}: ${error.message}`, { cause: error }),
      );
      return;
    }
    if (this.unlessFailed(() => this.count([tile]))) band.waiting.push(tile);
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
    const tile = band.waiting.shift()!;
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
      this.open.length === 0 || (held + band.bytes <= OPEN_BYTES_MAX && this.open.length < OPEN_BANDS_MAX)
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
