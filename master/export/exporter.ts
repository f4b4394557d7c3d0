import type { Canvas } from "../canvas/canvas.ts";
import type { ImageMetadata } from "../probe/types.ts";
import type { OutputSpec } from "./output.ts";

export interface Exporter {
  /** Rows [0, y) of the canvas are final. May come in any steps; what is not above the last is ignored. */
  rowsDone(y: number): void;
  /** All rows are final: encodes what is left. When it fails, with a `TesseraError`, there is no file. */
  finish(): Promise<{ bytes: number }>;
  /** Gives up: waits for encoders that cannot be stopped, then removes the file. After `finish` it does nothing. */
  abort(): Promise<void>;
}

export interface ExportNeeds {
  readonly canvas: Canvas;
  readonly spec: OutputSpec;
  /** What belongs to the pixels: `icc` only when they are in that profile and not in sRGB. */
  readonly metadata: ImageMetadata;
  /** Where to write; an existing file is replaced. The caller gives it its final name. */
  readonly path: string;
  /** Strips that may be encoded at once. */
  readonly concurrency: number;
  /** Data is on the disk before `finish` is fulfilled. */
  readonly sync?: boolean;
}
