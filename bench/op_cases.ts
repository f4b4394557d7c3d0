import type { PixelFormat } from "../shared/geometry.ts";
import { loadKernels } from "../shared/kernels/kernels.ts";
import { opNamed } from "../shared/ops/registry.ts";
import { parsePipeline } from "../shared/pipeline/pipeline.ts";
import { libvips, napi, ownEngine, ownHistogram, type Run } from "./op_engines.ts";

export const FORMATS = {
  gray8: { channels: 1, depth: 8 },
  RGB8: { channels: 3, depth: 8 },
  RGBA8: { channels: 4, depth: 8 },
  RGB16: { channels: 3, depth: 16 },
} as const satisfies Record<string, PixelFormat>;

export type FormatName = keyof typeof FORMATS;
export type EngineName = "own" | "libvips" | "napi";

export interface OpCase {
  /** The engines that have the op, `own` first. */
  readonly engines: readonly (readonly [EngineName, Run])[];
  /** Of the result. */
  readonly pixels: number;
}

/** One op, as a pipeline of one step, on a tile of `side` × `side`. */
export function opCase(text: string, format: FormatName, side: number, kernels = loadKernels()): OpCase {
  const steps = parsePipeline(text);
  const whole = opNamed(steps[0]!.op).kind === "statistics";
  // The tile lies in the middle, so that every filter has its whole margin.
  const image = { width: 3 * side, height: 3 * side, ...FORMATS[format] };
  const { run, source, out } = whole
    ? ownHistogram(kernels, image, side)
    : ownEngine(kernels, steps, image, side);
  const all: readonly (readonly [EngineName, Run | undefined])[] = [
    ["own", run],
    ["libvips", libvips(text, source)],
    ["napi", napi(text, source)],
  ];
  const there = all.flatMap(([name, run]) => (run === undefined ? [] : [[name, run] as const]));
  return { engines: there, pixels: out.width * out.height };
}
