import { Transformer } from "@napi-rs/image";
import sharp, { type Sharp } from "sharp";
import { bytesPerPixel, type PixelFormat, type Rect, type Size } from "../shared/geometry.ts";
import type { Kernels } from "../shared/kernels/kernels.ts";
import { compileChain, runChain, unload, windowOf } from "../shared/ops/chain.ts";
import type { Step } from "../shared/ops/op.ts";
import { createRaster, type Raster } from "../shared/raster.ts";

/** One tile through one engine: from a window in memory to a result in memory. */
export type Run = () => unknown;

/** The chain as a worker runs it, copying in and out of the kernels' memory too; and the window that it reads. */
export function ownEngine(kernels: Kernels, steps: readonly Step[], image: Size & PixelFormat, side: number) {
  const chain = compileChain(steps, image);
  const { width, height } = chain.output;
  const size = { width: Math.min(side, width), height: Math.min(side, height) };
  const out: Rect = { x: (width - size.width) >> 1, y: (height - size.height) >> 1, ...size };
  const source = noise(createRaster(windowOf(chain, out), image));
  const target = createRaster(out, chain.output);
  const run: Run = () => unload(kernels, runChain(kernels, chain, out, source), target);
  return { run, source, out };
}

/** A whole-image op's first pass over a tile: its histograms. */
export function ownHistogram(kernels: Kernels, format: PixelFormat, side: number) {
  const out = { x: 0, y: 0, width: side, height: side };
  const source = noise(createRaster(out, format));
  const run: Run = () => {
    kernels.reset();
    const at = kernels.alloc(source.data.length);
    const counts = kernels.alloc(4 * 4 * (format.depth === 8 ? 256 : 65536));
    kernels.bytes.set(source.data, at);
    const count = format.depth === 8 ? kernels.call.histogram8 : kernels.call.histogram16;
    count(at, source.stride, side, side, format.channels, counts);
  };
  return { run, source, out };
}

/** Smooth and rough in turn: medians and tables are not at their best or worst. */
function noise(raster: Raster): Raster {
  let state = 1;
  for (let i = 0; i < raster.data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    raster.data[i] = ((state >>> 24) >> 2) + ((i >> 4) & 127);
  }
  return raster;
}

const SHARPEN = [-1, -1, -1, -1, 9, -1, -1, -1, -1];
const CROSS = [0, -1, 0, -1, 5, -1, 0, -1, 0];
const three = (kernel: number[], scale = 1) => ({ width: 3, height: 3, kernel, scale });

/** What comes closest in libvips. */
const LIBVIPS: Readonly<Record<string, (image: Sharp, size: Size) => Sharp>> = {
  grayscale: (image) => image.grayscale(),
  invert: (image) => image.negate({ alpha: false }),
  "blur(sigma=1)": (image) => image.blur(1),
  "blur(sigma=2)": (image) => image.blur(2),
  blur: (image) => image.blur(5),
  sharpen: (image) => image.convolve(three(SHARPEN)),
  convolve: (image) => image.convolve(three(CROSS)),
  unsharp_mask: (image) => image.sharpen({ sigma: 1 }),
  median: (image) => image.median(3),
  "median(radius=2)": (image) => image.median(5),
  erode: (image) => image.erode(1),
  dilate: (image) => image.dilate(1),
  contrast_linear: (image) => image.linear(1.5, -64),
  threshold: (image) => image.threshold(128, { grayscale: false }),
  saturation: (image) => image.modulate({ saturation: 1.5 }),
  hue: (image) => image.modulate({ hue: 90 }),
  rotate_90: (image) => image.rotate(90),
  flip: (image) => image.flip(),
  flop: (image) => image.flop(),
  "resize(scale=0.5)": (image, { width, height }) => image.resize(width >> 1, height >> 1, { fit: "fill" }),
};

export function libvips(name: string, source: Raster): Run | undefined {
  const op = LIBVIPS[name];
  if (op === undefined) return undefined;
  sharp.concurrency(1);
  sharp.cache(false);
  const { width, height } = source.rect;
  const { channels, depth } = source.format;
  const input = depth === 8 ? source.data : new Uint16Array(source.data.buffer);
  const raw = { width, height, channels };
  return () => {
    const image = op(sharp(input, { raw }), source.rect);
    if (depth === 8) return image.raw().toBuffer();
    return image
      .toColourspace(channels < 3 ? "grey16" : "rgb16")
      .raw({ depth: "ushort" })
      .toBuffer();
  };
}

/** What comes closest in @napi-rs/image. */
const NAPI: Readonly<Record<string, (image: Transformer, size: Size) => Transformer>> = {
  grayscale: (image) => image.grayscale(),
  invert: (image) => image.invert(),
  "blur(sigma=1)": (image) => image.blur(1),
  "blur(sigma=2)": (image) => image.blur(2),
  blur: (image) => image.blur(5),
  sharpen: (image) => image.filter3x3(SHARPEN),
  convolve: (image) => image.filter3x3(CROSS),
  unsharp_mask: (image) => image.unsharpen(1, 0),
  contrast_linear: (image) => image.adjustContrast(50),
  brightness: (image) => image.brighten(20),
  hue: (image) => image.huerotate(90),
  rotate_90: (image) => image.rotate(6),
  flip: (image) => image.rotate(4),
  flop: (image) => image.rotate(2),
  "resize(scale=0.5)": (image, { width, height }) => image.resize({ width: width >> 1, height: height >> 1 }),
};

export function napi(name: string, source: Raster): Run | undefined {
  const op = NAPI[name];
  if (op === undefined) return undefined;
  const header = Buffer.from(pamHeader(source.rect, source.format));
  const size = source.rect.width * source.rect.height * bytesPerPixel(source.format);
  const file = Buffer.concat([header, source.data.subarray(0, size)]);
  return () => op(new Transformer(file), source.rect).rawPixelsSync();
}

function pamHeader({ width, height }: Size, { channels, depth }: PixelFormat): string {
  const kind = ["GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA"][channels - 1];
  const max = depth === 8 ? 255 : 65535;
  return `P7\nWIDTH ${width}\nHEIGHT ${height}\nDEPTH ${channels}\nMAXVAL ${max}\nTUPLTYPE ${kind}\nENDHDR\n`;
}
