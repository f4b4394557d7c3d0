import { colourChannels, type PixelFormat, sampleMax } from "../../shared/geometry.ts";
import type { Statistics } from "../../shared/ops/op.ts";

/** Histograms that a tile sends: one a colour channel, and for RGB one of the luma. */
const histogramsOf = (format: PixelFormat): number => (colourChannels(format) === 1 ? 1 : 4);

export const figuresLength = (format: PixelFormat): number =>
  histogramsOf(format) * (sampleMax(format.depth) + 1);

/** Adds a tile's counts, or a band's sums, to the sums. */
export function addFigures(sums: Float64Array, counts: Uint32Array | Float64Array): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += counts[i]!;
}

/** The sums over all tiles as what the ops read. */
export function statisticsOf(sums: Float64Array, format: PixelFormat): Statistics {
  const bins = sampleMax(format.depth) + 1;
  const channels = colourChannels(format);
  const histograms = Array.from({ length: channels }, (_, i) => sums.subarray(i * bins, (i + 1) * bins));
  const luma = channels === 1 ? histograms[0]! : sums.subarray(3 * bins, 4 * bins);
  return { depth: format.depth, channels, histograms, luma };
}
