/** Where every tile of a job stands, a few bytes each, however long one looks on. */
import type { TilesMessage } from "../../../shared/api/events.ts";
import { TILE_STATES, type TileState } from "../../../shared/api/states.ts";
import type { StageGrid } from "../../../shared/api/tiles.ts";

const numberOf = (state: TileState): number => TILE_STATES.indexOf(state);
const DONE = numberOf("done");
const FAILED = numberOf("failed");

/** How one tile stands. */
export interface TileNow {
  readonly column: number;
  readonly row: number;
  readonly state: TileState;
  /** 0 before the first. */
  readonly attempt: number;
  /** Id of who has or had it. */
  readonly worker: string | undefined;
  /** That it took, once it is done. */
  readonly ms: number;
}

export class StageBoard {
  readonly count: number;
  done = 0;
  failed = 0;
  private readonly states: Uint8Array;
  private readonly attempts: Uint8Array;
  /** Places in the board's list of workers, from 1; 0 is nobody. */
  private readonly workers: Uint16Array;
  private readonly ms: Uint16Array;

  constructor(
    readonly grid: StageGrid,
    private readonly ids: readonly string[],
  ) {
    this.count = grid.columns * grid.rows;
    this.states = new Uint8Array(this.count);
    this.attempts = new Uint8Array(this.count);
    this.workers = new Uint16Array(this.count);
    this.ms = new Uint16Array(this.count);
  }

  isDone(tile: number): boolean {
    return this.states[tile] === DONE;
  }

  tile(tile: number): TileNow {
    const { columns } = this.grid;
    return {
      column: tile % columns,
      row: Math.floor(tile / columns),
      state: TILE_STATES[this.states[tile]!]!,
      attempt: this.attempts[tile]!,
      worker: this.ids[this.workers[tile]! - 1],
      ms: this.ms[tile]!,
    };
  }

  /** @returns whether it is done by this */
  set(tile: number, state: TileState, attempt: number, worker: number, ms: number): boolean {
    const [before, now] = [this.states[tile], numberOf(state)];
    this.done += Number(now === DONE) - Number(before === DONE);
    this.failed += Number(now === FAILED) - Number(before === FAILED);
    this.states[tile] = now;
    this.attempts[tile] = attempt;
    this.workers[tile] = worker;
    this.ms[tile] = ms;
    return now === DONE && before !== DONE;
  }

  /** Adds to `sums` how many tiles each worker has done, by its place. */
  countByWorker(sums: number[]): void {
    for (let tile = 0; tile < this.count; tile++)
      if (this.states[tile] === DONE) {
        const place = this.workers[tile]!;
        sums[place] = (sums[place] ?? 0) + 1;
      }
  }
}

/** Who is told what changes on a board. */
export interface BoardListener {
  /** All stages are new. */
  readonly anew?: () => void;
  /** A tile is not as it was; `done` tells that it has just been done. */
  readonly tile?: (stage: number, tile: number, done: boolean, worker: string | undefined) => void;
}

/** All stages of a job. */
export class Board {
  stages: readonly StageBoard[] = [];
  private readonly ids: string[] = [];
  private readonly places = new Map<string, number>();
  private readonly listeners = new Set<BoardListener>();

  /** @returns how to be told no more */
  listen(listener: BoardListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  hear({ snapshot, part, stages, tiles }: TilesMessage): void {
    if (snapshot && part === 0) {
      this.stages = stages.map((grid) => new StageBoard(grid, this.ids));
      for (const { anew } of this.listeners) anew?.();
    }
    for (const { stage, tile, state, attempt, worker, ms } of tiles) {
      const place = worker === undefined ? 0 : this.placeOf(worker);
      const done = this.stages[stage]?.set(tile, state, attempt, place, ms) ?? false;
      for (const { tile: tell } of this.listeners) tell?.(stage, tile, done && !snapshot, worker);
    }
  }

  /** The first stage that is not finished, or the last. */
  get atWork(): number {
    const index = this.stages.findIndex(({ done, count }) => done < count);
    return index === -1 ? Math.max(0, this.stages.length - 1) : index;
  }

  /** Tiles done by each worker, in all stages; who came first is first. */
  byWorker(): { readonly id: string; readonly done: number }[] {
    const sums: number[] = [];
    for (const stage of this.stages) stage.countByWorker(sums);
    return this.ids.map((id, i) => ({ id, done: sums[i + 1] ?? 0 })).filter(({ done }) => done > 0);
  }

  private placeOf(id: string): number {
    let place = this.places.get(id);
    if (place === undefined) {
      place = this.ids.push(id);
      this.places.set(id, place);
    }
    return place;
  }
}
