import type { ErrorCode } from "../errors.ts";
import type { Rect, Shape } from "../geometry.ts";
import type { Step } from "../ops/op.ts";
import type { Raster } from "../raster.ts";

/** Changes whenever a message or what it means changes; peers of unlike versions do not talk. */
export const PROTOCOL = 1;

/** Names one tile of one stage of one job, and the attempt that was made of it. */
export interface TileName {
  readonly job: string;
  readonly stage: number;
  /** Row · columns + column, in the stage's own grid. */
  readonly tile: number;
  readonly attempt: number;
  /** Given out with the task, wanted back with the result: it tells a stranger's answer from ours. */
  readonly token: string;
}

/** One tile to compute: `steps` on an image of shape `input`, of whose result `out` is wanted. */
export interface Task extends TileName {
  readonly protocol: number;
  readonly steps: readonly Step[];
  readonly input: Shape;
  readonly out: Rect;
  /** The window of the input that `out` needs. */
  readonly window: Raster;
  /** Whether the pixels are wanted, or only the figures. */
  readonly pixels: boolean;
  /** Whether the result's histograms are wanted. */
  readonly figures: boolean;
}

export interface TileDone extends TileName {
  readonly protocol: number;
  readonly ok: true;
  readonly worker: string;
  readonly ms: number;
  readonly pixels?: Raster;
  /** Counts a level: one histogram a colour channel, then for RGB the luma's. */
  readonly figures?: Uint32Array;
}

export interface TileFailed extends TileName {
  readonly protocol: number;
  readonly ok: false;
  readonly worker: string;
  readonly code: ErrorCode;
  readonly message: string;
}

export type Result = TileDone | TileFailed;
