import { asTesseraError } from "../../shared/errors.ts";
import type { Band } from "../bands/band.ts";
import type { Canvas } from "../canvas/canvas.ts";
import type { StagePlan } from "../plan/plan.ts";
import { figuresLength } from "../plan/statistics.ts";
import type { JobStore } from "../store/store.ts";

interface CollectorNeeds {
  readonly job: string;
  readonly plan: StagePlan;
  readonly target: Canvas | undefined;
  readonly store: JobStore;
  readonly durable: boolean;
  /** Told each time that the canvas has more rows complete from the top: [0, rows). */
  readonly onRows: (rows: number) => void;
}

/**
 * Puts complete bands away, in the order that makes a crash harmless: pixels to the canvas, canvas to the disk, and
 * only then the tiles marked in the store. What is not marked is computed again.
 */
export class Collector {
  /** Sums over all tiles that are marked. */
  readonly figures: Float64Array | undefined;
  private readonly missing: number[];
  private rowsDone = 0;

  constructor(private readonly needs: CollectorNeeds) {
    const { plan, store, job } = needs;
    this.missing = Array.from({ length: plan.rows }, () => plan.columns);
    for (const { tile, done } of store.triedTiles(job, plan.index)) if (done) this.row(tile, 1);
    if (plan.ends !== undefined)
      this.figures = store.stage(job, plan.index).figures ?? new Float64Array(figuresLength(plan.output));
    this.advance();
  }

  /** Writes, syncs and marks one band. @throws disk_full, file_unwritable */
  async put(band: Band): Promise<void> {
    const { target, store, job, plan, durable } = this.needs;
    try {
      if (target !== undefined && band.target !== undefined) {
        target.write(band.target);
        if (durable) await target.sync();
      }
    } catch (thrown) {
      throw asTesseraError(thrown, "file_unwritable");
    }
    if (this.figures !== undefined && band.figures !== undefined)
      for (let i = 0; i < this.figures.length; i++) this.figures[i]! += band.figures[i]!;
    store.markDone(job, plan.index, band.collected, this.figures);
    this.row(band.tiles[0]!, band.tiles.length);
    this.advance();
  }

  private row(tile: number, count: number): void {
    const row = Math.floor(tile / this.needs.plan.columns);
    this.missing[row]! -= count;
  }

  private advance(): void {
    const { plan, onRows } = this.needs;
    const before = this.rowsDone;
    while (this.rowsDone < plan.rows && this.missing[this.rowsDone] === 0) this.rowsDone++;
    if (this.rowsDone > before) onRows(Math.min(plan.output.height, this.rowsDone * plan.tile.height));
  }
}
