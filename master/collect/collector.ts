import { asTesseraError } from "../../shared/errors.ts";
import type { Band } from "../bands/band.ts";
import type { Canvas } from "../canvas/canvas.ts";
import type { StagePlan } from "../plan/plan.ts";
import { addFigures, figuresLength } from "../plan/statistics.ts";
import type { JobStore } from "../store/store.ts";

interface CollectorNeeds {
  readonly job: string;
  readonly plan: StagePlan;
  readonly target: Canvas | undefined;
  readonly store: JobStore;
  readonly durable: boolean;
  /** Told each time that the canvas has more rows complete from the top: [0, rows). */
  readonly onRows: (rows: number) => void;
  /** Told each time that tiles are marked. */
  readonly onMarked: () => void;
}

/** A band whose pixels are in the canvas. */
interface Written {
  readonly band: Band;
  readonly settled: PromiseWithResolvers<void>;
}

/**
 * Puts complete bands away, in the order that makes a crash harmless: pixels to the canvas, canvas to the disk, and
 * only then the tiles marked in the store. What is not marked is computed again. Bands that are written while the
 * disk is busy with others share one sync and one transaction.
 */
export class Collector {
  /** Sums over all tiles that are marked. */
  readonly figures: Float64Array | undefined;
  /** 1 for each tile that is in the canvas. */
  readonly there: Uint8Array;
  private readonly missing: number[];
  private written: Written[] = [];
  private marking = false;
  private marked: Promise<void> = Promise.resolve();
  private rowsDone = 0;

  constructor(private readonly needs: CollectorNeeds) {
    const { plan, store, job } = needs;
    this.missing = Array.from({ length: plan.rows }, () => plan.columns);
    this.there = new Uint8Array(plan.columns * plan.rows);
    for (const { tile, done } of store.triedTiles(job, plan.index)) if (done) this.row(tile, 1);
    if (plan.ends !== undefined)
      this.figures = store.stage(job, plan.index).figures ?? new Float64Array(figuresLength(plan.output));
    this.advance();
  }

  /** Writes one band; `onWritten` tells that its memory is free. Resolves when it is marked. @throws disk_full, file_unwritable */
  async put(band: Band, onWritten: () => void): Promise<void> {
    const { target } = this.needs;
    try {
      if (target !== undefined && band.target !== undefined) target.write(band.target);
    } catch (thrown) {
      throw asTesseraError(thrown, "file_unwritable");
    }
    onWritten();
    this.row(band.tiles[0]!, band.tiles.length);
    this.advance();
    const settled = Promise.withResolvers<void>();
    this.written.push({ band, settled });
    if (!this.marking) this.marked = this.markAll();
    return settled.promise;
  }

  /** Resolves once nothing is on its way to the disk: all that was put is marked, or could not be. */
  idle(): Promise<void> {
    return this.marked;
  }

  private async markAll(): Promise<void> {
    this.marking = true;
    while (this.written.length > 0) {
      const batch = this.written;
      this.written = [];
      try {
        if (this.needs.durable) await this.needs.target?.sync();
        this.mark(batch);
        for (const { settled } of batch) settled.resolve();
      } catch (thrown) {
        const error = asTesseraError(thrown, "file_unwritable");
        for (const { settled } of batch) settled.reject(error);
      }
    }
    this.marking = false;
  }

  private mark(batch: readonly Written[]): void {
    const { store, job, plan, onMarked } = this.needs;
    const tiles = batch.flatMap(({ band }) => band.collected);
    for (const { band } of batch)
      if (this.figures !== undefined && band.figures !== undefined) addFigures(this.figures, band.figures);
    store.markDone(job, plan.index, tiles, this.figures);
    onMarked();
  }

  private row(tile: number, count: number): void {
    const row = Math.floor(tile / this.needs.plan.columns);
    this.missing[row]! -= count;
    this.there.fill(1, tile, tile + count);
  }

  private advance(): void {
    const { plan, onRows } = this.needs;
    const before = this.rowsDone;
    while (this.rowsDone < plan.rows && this.missing[this.rowsDone] === 0) this.rowsDone++;
    if (this.rowsDone > before) onRows(Math.min(plan.output.height, this.rowsDone * plan.tile.height));
  }
}
