import type { Rect, Shape } from "../shared/geometry.ts";
import type { Step } from "../shared/ops/op.ts";
import type { Raster } from "../shared/raster.ts";

/** What passes between the worker and its pool threads; all pixels lie in shared memory. */
export interface ThreadInput {
  readonly steps: readonly Step[];
  readonly input: Shape;
  readonly out: Rect;
  readonly window: Raster;
  /** Where the pixels go, rows packed; absent if only figures are wanted. */
  readonly target?: SharedArrayBuffer;
  readonly figures: boolean;
}

export interface ThreadOutput {
  readonly ms: number;
  readonly figures?: Uint32Array;
}
