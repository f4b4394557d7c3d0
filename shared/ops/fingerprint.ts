import { createHash } from "node:crypto";
import { type PixelFormat, type Shape, wholeOf } from "../geometry.ts";
import { type Kernels, loadKernels } from "../kernels/kernels.ts";
import { parsePipeline } from "../pipeline/pipeline.ts";
import { createRaster, type Raster, viewOf } from "../raster.ts";
import { compileChain, runChain, unload, windowOf } from "./chain.ts";
import type { Step } from "./op.ts";
import { allOps } from "./registry.ts";

/** What the ops of this process make of a fixed image: two that agree give the same bits for every tile. */
export interface Fingerprint {
  /** Over all ops. */
  readonly hash: string;
  /** Op by op, to say which ones differ. */
  readonly ops: Readonly<Record<string, string>>;
}

/** Of master and worker in one process, which have nothing to prove to each other. */
export const SAME_PROCESS: Fingerprint = { hash: "same process", ops: {} };

const SIZE = { width: 61, height: 53 };
const FORMATS: readonly PixelFormat[] = [
  { channels: 1, depth: 8 },
  { channels: 3, depth: 8 },
  { channels: 4, depth: 8 },
  { channels: 3, depth: 16 },
  { channels: 4, depth: 16 },
];
const HASH_CHARACTERS = 12;

const WHOLE = Array.from({ length: 25 }, (_, i) => (i % 7) - 2);

/**
 * Where the defaults would leave most of an op unused: one that has several kernels goes through each. The op is applied
 * with one after the other, and hashed each time.
 */
const PARAMS: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  resize: [
    { width: 83, height: 37 },
    { width: 30, height: 60, kernel: "bicubic" },
    { width: 290, height: 9, kernel: "nearest" },
    { width: 1, height: 9 },
  ],
  crop: [{ x: 5, y: 3, width: 40, height: 44 }],
  pad: [
    { left: 7, top: 5, right: 3, bottom: 2 },
    { left: 7, top: 5, right: 3, bottom: 2, mode: "edge" },
  ],
  rotate: [{ angle: 90 }, { angle: 180 }, { angle: 270 }],
  hue: [{ angle: 33 }],
  levels: [{ black: 9, white: 240, gamma: 1.7 }],
  curve: [{ points: [[0, 0.2, 0.9, 1]] }],
  channel_mix: [{ red: [0.3, 0.5, 0.2], green: [0.1, 0.7, 0.1], blue: [-0.4, 0.2, 1.1] }],
  blur: [{ sigma: 0.7 }, { sigma: 5 }],
  median: [{ radius: 1 }, { radius: 2 }, { radius: 3 }],
  convolve: [{}, { kernel: WHOLE, divisor: 13 }, { kernel: WHOLE.map((weight) => weight / 8) }],
};

/** Takes about a quarter of a second. */
export function fingerprint(kernels: Kernels = loadKernels()): Fingerprint {
  const images = FORMATS.map((format) => noise({ ...SIZE, ...format }));
  const ops: Record<string, string> = {};
  for (const { name, kind } of allOps()) {
    // Figures are gathered by one kernel for all of them, and what is made of them runs as other ops.
    if (kind === "statistics") continue;
    const hash = createHash("sha256");
    for (const image of images) {
      let made = image;
      for (const params of PARAMS[name] ?? [{}]) {
        made = applied(kernels, parsePipeline([{ op: name, ...params }]), made);
        hash.update(made.data);
      }
    }
    ops[name] = hash.digest("hex").slice(0, HASH_CHARACTERS);
  }
  ops.figures = figuresHash(kernels, images);
  const hash = createHash("sha256").update(JSON.stringify(ops)).digest("hex").slice(0, HASH_CHARACTERS);
  return { hash, ops };
}

/** The ops whose results are not the same, or that only one of the two has. */
export function differingOps(a: Fingerprint["ops"], b: Fingerprint["ops"]): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((op) => a[op] !== b[op]).sort();
}

/** A fixed image: a slope in each direction, and noise upon it. */
function noise(shape: Shape): Raster {
  const raster = createRaster(wholeOf(shape), { channels: shape.channels, depth: shape.depth });
  let state = 12345;
  for (let i = 0; i < raster.data.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    raster.data[i] = (i % raster.stride) + Math.floor(i / raster.stride) * 3 + (state >>> 27);
  }
  return raster;
}

function applied(kernels: Kernels, steps: readonly Step[], image: Raster): Raster {
  const { width, height } = image.rect;
  const chain = compileChain(steps, { width, height, ...image.format });
  const out = wholeOf(chain.output);
  const plane = runChain(kernels, chain, out, viewOf(image, windowOf(chain, out)));
  const { channels, depth } = chain.output;
  const target = createRaster(out, { channels, depth });
  unload(kernels, plane, target);
  return target;
}

function figuresHash(kernels: Kernels, images: readonly Raster[]): string {
  const hash = createHash("sha256");
  for (const { rect, format, data, stride } of images) {
    kernels.reset();
    const bytes = 4 * (format.depth === 8 ? 256 : 65536) * 4;
    const source = kernels.alloc(data.length);
    const at = kernels.alloc(bytes);
    kernels.bytes.set(data, source);
    kernels.bytes.fill(0, at, at + bytes);
    const run = format.depth === 8 ? kernels.call.histogram8 : kernels.call.histogram16;
    run(source, stride, rect.width, rect.height, format.channels, at);
    hash.update(kernels.bytes.subarray(at, at + bytes));
  }
  return hash.digest("hex").slice(0, HASH_CHARACTERS);
}
