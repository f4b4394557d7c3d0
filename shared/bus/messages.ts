import type { ErrorCode } from "../errors.ts";
import type { PixelFormat, Rect, Shape } from "../geometry.ts";
import type { Step } from "../ops/op.ts";
import type { Raster } from "../raster.ts";

/** Changes whenever a message or what it means changes; peers of unlike versions do not work for each other. */
export const PROTOCOL = 2;

/** A raster packed for its way between processes; see `shared/payload`. */
export interface Packed {
  readonly rect: Rect;
  readonly format: PixelFormat;
  readonly payload: Uint8Array;
}

/** Pixels in a message: as they lie in memory, or packed where the bus leaves the process. */
export type Pixels = Raster | Packed;

export const isPacked = (pixels: Pixels): pixels is Packed => "payload" in pixels;

/**
 * Names one tile of one stage of one job, and the attempt that was made of it. These fields are the same in every
 * version, so that each can send back what another has sent.
 */
export interface TileName {
  readonly master: string;
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
  /**
   * The worker that is to compute it. Any other that gets it, since the partitions have moved or the first has died,
   * sends it back untouched: so a tile that kills whoever computes it kills nobody that the master did not choose.
   */
  readonly worker: string;
  readonly steps: readonly Step[];
  readonly input: Shape;
  readonly out: Rect;
  /** The window of the input that `out` needs. */
  readonly window: Pixels;
  /** Whether the pixels are wanted, or only the figures. */
  readonly pixels: boolean;
  /** Whether the result's histograms are wanted. */
  readonly figures: boolean;
}

export interface TileDone extends TileName {
  readonly protocol: number;
  readonly ok: true;
  readonly worker: string;
  /** Milliseconds that a thread was busy with it. */
  readonly ms: number;
  readonly pixels?: Pixels;
  /** Counts a level: one histogram a colour channel, then for RGB the luma's. */
  readonly figures?: Uint32Array;
}

/** `tile_misdelivered`: it was another worker's, or this one is about to leave; it has not been begun here. */
export interface TileFailed extends TileName {
  readonly protocol: number;
  readonly ok: false;
  readonly worker: string;
  readonly code: ErrorCode;
  /** What exactly happened; the code has its own sentence. */
  readonly message: string;
}

export type Result = TileDone | TileFailed;

/** What a worker says of itself, twice a second. */
export interface Heartbeat {
  readonly protocol: number;
  /** One process's own; it changes at every start. */
  readonly worker: string;
  /** For people: what its owner calls it, and its machine. */
  readonly name: string;
  readonly host: string;
  readonly version: string;
  /** `working`, `draining` (takes no new tasks), `left` (this is its last word). */
  readonly phase: "working" | "draining" | "left";
  /** Hash of what its ops make of a fixed tile, and the same op by op. */
  readonly fingerprint: string;
  readonly ops: Readonly<Record<string, string>>;
  readonly threads: number;
  readonly partitions: readonly number[];
  readonly inFlight: number;
  readonly tilesDone: number;
  readonly tilesPerSecond: number;
  /** Cores that its process keeps busy. */
  readonly load: number;
  readonly rssBytes: number;
}

/** A tile that is given up on, and why. Its job keeps the pixels. */
export interface DeadLetter extends Omit<TileName, "token"> {
  readonly protocol: number;
  readonly steps: readonly Step[];
  readonly input: Shape;
  readonly out: Rect;
  /** The workers that had it, one an attempt as far as the master knows. */
  readonly workers: readonly string[];
  readonly code: ErrorCode;
  readonly message: string;
  /** Milliseconds since 1970 by the master's clock. */
  readonly atMs: number;
}
