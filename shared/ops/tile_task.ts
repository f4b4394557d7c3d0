import type { Packed, Pixels } from "../bus/messages.ts";
import type { Rect, Shape } from "../geometry.ts";
import type { Step } from "./op.ts";

/** What passes between a process and its threads that compute pixels; rasters lie in shared memory. */
export interface ThreadInput {
  readonly steps: readonly Step[];
  readonly input: Shape;
  readonly out: Rect;
  readonly window: Pixels;
  /** How the pixels are wanted: packed, or in this memory with rows packed. Absent if only figures are. */
  readonly wanted?: "packed" | SharedArrayBuffer | Uint8Array;
  readonly figures: boolean;
}

export interface ThreadOutput {
  /** Milliseconds that the thread was busy. */
  readonly ms: number;
  readonly packed?: Packed;
  readonly figures?: Uint32Array;
}
