import type { Packed, Pixels } from "../shared/bus/messages.ts";
import type { Rect, Shape } from "../shared/geometry.ts";
import type { Step } from "../shared/ops/op.ts";

/** What passes between the worker and its pool threads; rasters lie in shared memory. */
export interface ThreadInput {
  readonly steps: readonly Step[];
  readonly input: Shape;
  readonly out: Rect;
  readonly window: Pixels;
  /** How the pixels are wanted: packed, or in this memory with rows packed. Absent if only figures are. */
  readonly wanted?: "packed" | SharedArrayBuffer;
  readonly figures: boolean;
}

export interface ThreadOutput {
  /** Milliseconds that the thread was busy. */
  readonly ms: number;
  readonly packed?: Packed;
  readonly figures?: Uint32Array;
}
