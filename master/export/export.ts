import type { Exporter, ExportNeeds } from "./exporter.ts";
import { jpegFormat } from "./jpeg.ts";
import { writtenMetadata } from "./metadata.ts";
import { checkOutput } from "./output.ts";
import { pngFormat } from "./png.ts";
import { StripExport } from "./strips.ts";
import { tiffFormat } from "./tiff.ts";
import { WholeExport } from "./whole.ts";

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
