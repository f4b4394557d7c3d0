import type { BenchOptions, Effort } from "./bench.ts";

const SIX =
  "flop | blur(sigma=1) | convolve(kernel=[0,-1,0,-1,5,-1,0,-1,0]) | channel_mix(red=[0.9,0.05,0.05], green=[0.05,0.9,0.05], blue=[0.05,0.05,0.9]) | contrast_linear(factor=1.2) | invert";

/** The same work in both languages, in the order in which libvips' front end applies it. */
export const CASES = [
  { name: "blur(sigma=2)", pipeline: "blur(sigma=2)", recipe: "blur2" },
  { name: "six steps", pipeline: SIX, recipe: "six" },
  { name: "resize(scale=0.5)", pipeline: "resize(scale=0.5)", recipe: "half" },
  { name: "blur(sigma=5)", pipeline: "blur(sigma=5)", recipe: "blur5" },
  { name: "sharpen", pipeline: "sharpen", recipe: "sharpen" },
  { name: "median", pipeline: "median", recipe: "median" },
  { name: "rotate_90", pipeline: "rotate_90", recipe: "rotate90" },
  { name: "grayscale", pipeline: "grayscale", recipe: "grayscale" },
  { name: "invert", pipeline: "invert", recipe: "invert" },
  { name: "nothing", pipeline: "", recipe: "copy" },
] as const;

export type EngineCase = (typeof CASES)[number];

export interface EngineSize {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Names of cases; all if left out. */
  readonly only?: readonly EngineCase["name"][];
}

const MP2 = { name: "2 MP", width: 1600, height: 1250 };
const MP12 = { name: "12 MP", width: 4000, height: 3000 };
const MP80 = { name: "80 MP", width: 10_000, height: 8000 };
const MP300 = { name: "300 MP", width: 20_000, height: 15_000 };
const GIGAPIXEL = { name: "1 Gpx", width: 35_000, height: 30_000 };

const SIZES: Readonly<Record<Effort, readonly EngineSize[]>> = {
  quick: [MP2, { ...MP12, only: ["blur(sigma=2)", "six steps"] }],
  usual: [MP2, MP12, { ...MP80, only: ["blur(sigma=2)", "six steps", "grayscale"] }],
  full: [MP2, MP12, MP80, { ...MP300, only: ["blur(sigma=2)", "six steps", "grayscale"] }],
};

export const sizesOf = ({ effort, gigapixel }: BenchOptions): readonly EngineSize[] => [
  ...SIZES[effort],
  ...(gigapixel ? [{ ...GIGAPIXEL, only: ["blur(sigma=2)"] as const }] : []),
];
