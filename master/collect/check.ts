import { isPacked, PROTOCOL, type TileDone } from "../../shared/bus/messages.ts";
import { bytesPerPixel, sameRect } from "../../shared/geometry.ts";
import { copyInto, type Raster } from "../../shared/raster.ts";
import type { Band } from "../bands/band.ts";
import { addFigures, figuresLength } from "../plan/statistics.ts";

/** What is wrong with a result, measured by what was asked for; nothing if it may be written. */
export function mismatch({ chain, keeps, rects }: Band, tile: number, result: TileDone): string | undefined {
  const { pixels, figures } = result;
  const rect = rects.get(tile)!;
  if (result.protocol !== PROTOCOL) return `It speaks protocol ${result.protocol}.`;
  if (!keeps.pixels && pixels !== undefined) return "It has pixels that nobody asked for.";
  if (keeps.pixels) {
    if (pixels === undefined) return "It has no pixels.";
    if (!sameRect(pixels.rect, rect)) return "Its rectangle is another.";
    const { channels, depth } = pixels.format;
    if (channels !== chain.output.channels || depth !== chain.output.depth)
      return "Its pixel format is another.";
    const row = rect.width * bytesPerPixel(chain.output);
    // Packed pixels are measured where they are unpacked.
    if (
      !isPacked(pixels) &&
      (!(pixels.stride >= row) || pixels.data.byteLength < pixels.stride * (rect.height - 1) + row)
    )
      return "It has too few bytes.";
  }
  if (keeps.figures && figures?.length !== figuresLength(chain.output))
    return "Its figures are not complete.";
  return undefined;
}

/** Takes a checked result's pixels and figures into its band. */
export function gather(band: Band, pixels: Raster | undefined, figures: Uint32Array | undefined): void {
  if (band.target !== undefined && pixels !== undefined) copyInto(band.target, pixels);
  if (band.figures !== undefined && figures !== undefined) addFigures(band.figures, figures);
}
