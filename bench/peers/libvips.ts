/** One libvips process as a bench peer: one call from file to file, all its threads, its own pipeline. */
import sharp, { type Sharp } from "sharp";
import { servePeer } from "../harness.ts";

interface Work {
  readonly input: string;
  readonly output: string;
  readonly recipe: keyof typeof RECIPES;
  /** Of the input, in pixels. */
  readonly width: number;
  readonly quality: number;
}

const RECIPES = {
  copy: (image: Sharp) => image,
  blur2: (image: Sharp) => image.blur(2),
  blur5: (image: Sharp) => image.blur(5),
  sharpen: (image: Sharp) =>
    image.convolve({ width: 3, height: 3, kernel: [-1, -1, -1, -1, 9, -1, -1, -1, -1], scale: 1 }),
  grayscale: (image: Sharp) => image.grayscale(),
  invert: (image: Sharp) => image.negate(),
  half: (image: Sharp, width: number) =>
    image.resize({ width: Math.round(width / 2), kernel: "lanczos3", fastShrinkOnLoad: false }),
  median: (image: Sharp) => image.median(3),
  rotate90: (image: Sharp) => image.rotate(90),
  six: (image: Sharp) =>
    image
      .flop()
      .blur(1)
      .convolve({ width: 3, height: 3, kernel: [0, -1, 0, -1, 5, -1, 0, -1, 0], scale: 1 })
      .recomb([
        [0.9, 0.05, 0.05],
        [0.05, 0.9, 0.05],
        [0.05, 0.05, 0.9],
      ])
      .linear(1.2, -25.6)
      .negate(),
} as const;

sharp.cache(false);
await servePeer<Work>(async ({ input, output, recipe, width, quality }) => {
  const image = sharp(input, { limitInputPixels: false, sequentialRead: true });
  await RECIPES[recipe](image, width).jpeg({ quality }).toFile(output);
  return {};
});
