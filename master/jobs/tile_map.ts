import { TILE_STATES, type TileState } from "../../shared/api/states.ts";
import type { StageGrid, TileMapView, TileView } from "../../shared/api/tiles.ts";
import type { TileEvent } from "../dispatch/dispatcher.ts";
import { type Plan, planPipeline, type StagePlan, tileRect } from "../plan/plan.ts";
import type { JobRecord } from "./job.ts";

/** A tile that has been tried, as the store has it. */
export interface StoredTile {
  readonly tile: number;
  readonly attempts: number;
  readonly state: TileState;
  readonly worker: string | undefined;
  readonly ms: number | undefined;
}

/** What has become of one tile; who watches a job live is told of each. */
export interface TileChange {
  readonly job: string;
  readonly stage: number;
  readonly tile: number;
  readonly state: TileState;
  readonly worker: string;
  readonly attempt: number;
  /** That it took, once it is done. */
  readonly ms: number;
  /** Of its pixels, once it is done and has any. */
  readonly bytes: number;
}

/** Reads the stored tiles of a stage from one number up to before another. */
type ReadTiles = (stage: number, from: number, to: number) => Iterable<StoredTile>;

/** Tiles that are read from the store at a time: some milliseconds' work. */
const READ_AT_ONCE = 4096;

const numberOf = (state: TileState): number => TILE_STATES.indexOf(state);
const DONE = numberOf("done");
const FAILED = numberOf("failed");
const AFTER = { sent: "in_flight", done: "done", refused: "failed", returned: "waiting" } as const;

/** The tiles of one stage, a few bytes each. */
class StageTiles {
  readonly states: Uint8Array;
  readonly attempts: Uint8Array;
  /** Places in the map's list of workers, from 1; 0 is nobody. */
  readonly workers: Uint16Array;
  readonly ms: Uint16Array;
  done = 0;
  failed = 0;
  /** So many of them, from the first one, are as they stand; what is stored of the others is not read yet. */
  known = 0;

  constructor(readonly plan: StagePlan) {
    const tiles = plan.columns * plan.rows;
    this.states = new Uint8Array(tiles);
    this.attempts = new Uint8Array(tiles);
    this.workers = new Uint16Array(tiles);
    this.ms = new Uint16Array(tiles);
  }

  set(tile: number, state: TileState, attempt: number, worker: number, ms: number): void {
    const [before, now] = [this.states[tile], numberOf(state)];
    this.done += Number(now === DONE) - Number(before === DONE);
    this.failed += Number(now === FAILED) - Number(before === FAILED);
    this.states[tile] = now;
    this.attempts[tile] = attempt;
    this.workers[tile] = worker;
    this.ms[tile] = Math.min(Math.round(ms), 0xffff);
  }

  /** Whether anything has been tried of it. */
  isTried(tile: number): boolean {
    return this.states[tile] !== 0 || this.attempts[tile] !== 0;
  }

  grid(): StageGrid {
    const { index, columns, rows, tile, output } = this.plan;
    return {
      ...{ index, columns, rows, tile_width: tile.width, tile_height: tile.height },
      ...{ width: output.width, height: output.height },
    };
  }

  view(): TileMapView["stages"][number] {
    return {
      ...this.grid(),
      done: this.done,
      states: base64(this.states),
      attempts: base64(this.attempts),
      workers: base64(this.workers),
      ms: base64(this.ms),
    };
  }
}

/** Where every tile of a job stands, and who has or had it; what is shown of it and what is told live come from here. */
export class TileMap {
  private readonly stages: readonly StageTiles[];
  private readonly workers: string[] = [];
  private readonly places = new Map<string, number>();

  constructor(
    private readonly job: string,
    plan: Plan,
    private readonly read: ReadTiles,
  ) {
    this.stages = plan.stages.map((stage) => new StageTiles(stage));
  }

  /** Of a job that begins, or goes on. */
  static of(job: string, plan: Plan, read: ReadTiles): TileMap {
    const map = new TileMap(job, plan, read);
    for (const [index, { states }] of map.stages.entries()) map.readTo(index, states.length);
    return map;
  }

  /**
   * Of a job that is not under way; its tiles are read when they are asked for. What was taken in once is shown, whatever
   * limits there are now.
   */
  static at({ id, request }: JobRecord, read: ReadTiles): TileMap {
    const { pipeline, probe, tileSize } = request;
    return new TileMap(id, planPipeline(pipeline, probe.shape, tileSize, Number.POSITIVE_INFINITY), read);
  }

  /** Reads all that is stored; between some tiles and the next others have their turn. */
  async complete(): Promise<void> {
    for (const [index, stage] of this.stages.entries())
      while (stage.known < stage.states.length) {
        this.readTo(index, Math.min(stage.states.length, stage.known + READ_AT_ONCE));
        await new Promise(setImmediate);
      }
  }

  get done(): number {
    return this.stages.reduce((sum, { done }) => sum + done, 0);
  }

  /** Tiles whose last attempt was made in vain. */
  get failed(): number {
    return this.stages.reduce((sum, { failed }) => sum + failed, 0);
  }

  change(stage: number, tile: number, attempt: number, { what, worker, ms = 0 }: TileEvent): TileChange {
    const state = AFTER[what];
    this.stages[stage]!.set(tile, state, attempt, this.placeOf(worker), ms);
    const bytes = state === "done" ? bytesOf(this.stages[stage]!.plan, tile) : 0;
    return { job: this.job, stage, tile, state, worker, attempt, ms, bytes };
  }

  /** How many tiles there are, in all stages. */
  get size(): number {
    return this.stages.reduce((sum, { states }) => sum + states.length, 0);
  }

  grids(): StageGrid[] {
    return this.stages.map((stage) => stage.grid());
  }

  tile(stage: number, tile: number): TileView {
    this.readTo(stage, tile + 1);
    const { states, attempts, workers, ms } = this.stages[stage]!;
    const worker = this.workers[workers[tile]! - 1];
    return {
      ...{ stage, tile, state: TILE_STATES[states[tile]!]!, attempt: attempts[tile]!, ms: ms[tile]! },
      ...(worker !== undefined && { worker }),
    };
  }

  /** Those of the tiles from `start` to `end`, counted through all stages, that are not as they were at first. */
  tried(start: number, end: number): TileView[] {
    const found: TileView[] = [];
    let first = 0;
    for (const [index, stage] of this.stages.entries()) {
      const count = stage.states.length;
      this.readTo(index, Math.min(count, end - first));
      for (let tile = Math.max(0, start - first); tile < Math.min(count, end - first); tile++)
        if (stage.isTried(tile)) found.push(this.tile(index, tile));
      first += count;
    }
    return found;
  }

  /** All of it, which has to be complete. */
  view(): TileMapView {
    return { workers: [...this.workers], stages: this.stages.map((stage) => stage.view()) };
  }

  private readTo(index: number, end: number): void {
    const stage = this.stages[index]!;
    if (end <= stage.known) return;
    for (const { tile, state, attempts, worker, ms = 0 } of this.read(index, stage.known, end))
      stage.set(tile, state, attempts, worker === undefined ? 0 : this.placeOf(worker), ms);
    stage.known = end;
  }

  private placeOf(worker: string): number {
    let place = this.places.get(worker);
    if (place === undefined) {
      place = this.workers.push(worker);
      this.places.set(worker, place);
    }
    return place;
  }
}

function bytesOf(plan: StagePlan, tile: number): number {
  if (!plan.writes) return 0;
  const { width, height } = tileRect(plan, tile);
  return width * height * plan.output.channels * (plan.output.depth / 8);
}

/** As they lie in memory: every machine that this runs on puts the lower byte first. */
const base64 = ({ buffer, byteOffset, byteLength }: Uint8Array | Uint16Array): string =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("base64");
