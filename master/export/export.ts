import type { Canvas } from "../canvas/canvas.ts";
import type { ImageMetadata } from "../probe/types.ts";
import { jpegFormat } from "./jpeg.ts";
import { writtenMetadata } from "./metadata.ts";
import { checkOutput, type OutputSpec } from "./output.ts";
import { pngFormat } from "./png.ts";
import { StripExport } from "./strips.ts";
import { tiffFormat } from "./tiff.ts";
import { WholeExport } from "./whole.ts";

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

/**
 * Begins to write a canvas as an image file. JPEG, PNG and TIFF are encoded in strips, in parallel, behind the
 * rows that become final; WebP and AVIF in one piece at the end. The canvas' file must keep its length until `finish` or
 * `abort` is settled, because encoders map it into memory. Throws `output_too_large`.
 */
export function createExport(needs: ExportNeeds): Exporter {
  const { canvas, spec } = needs;
  checkOutput(spec, canvas.shape);
  const metadata = writtenMetadata(needs.metadata, spec, canvas.shape);
  if (spec.format === "jpeg") return new StripExport(needs, jpegFormat(canvas, spec, metadata));
  if (spec.format === "png") return new StripExport(needs, pngFormat(canvas, spec, metadata));
  if (spec.format === "tiff") return new StripExport(needs, tiffFormat(canvas, spec, metadata));
  return new WholeExport(needs, metadata);
}
