import { hash, NODE_PIXELS } from "./noise.ts";

/**
 * A square of fine structure that repeats in both directions. Each row carries its own beginning once more at its end,
 * so that `NODE_PIXELS` samples can be read from any column without a wrap.
 */
export interface Texture {
  readonly period: number;
  readonly stride: number;
  /** Within ±`FIBRE_MAX` or, of grain, ±32640. */
  readonly samples: Int16Array;
}

/** Fibres stand out by at most this much, which leaves room for light and colour. */
const FIBRE_MAX = 16000;

/** Where row `y` of the texture begins. */
export const textureRow = (texture: Texture, y: number): number => (y % texture.period) * texture.stride;

/** Uncorrelated noise with a bell-shaped spread, as of a sensor: the mean of four dice. */
function grain(seed: number, period: number): Texture {
  return build(period, (x, y) => {
    const h = hash(seed, x, y);
    const sum = (h & 0xff) + ((h >>> 8) & 0xff) + ((h >>> 16) & 0xff) + (h >>> 24);
    return (sum - 510) * 64;
  });
}

/** Structure of a few pixels, longer than high, as of grass, bark or cloth: noise smoothed more across than down. */
function fibre(seed: number, period: number): Texture {
  const coarse = soften(grain(seed, period), 4, 2);
  const fine = soften(grain(seed + 1, period), 1, 1);
  return build(period, (x, y) => {
    const sum = 5 * at(coarse, x, y) + 2 * at(fine, x, y);
    return Math.max(-FIBRE_MAX, Math.min(FIBRE_MAX, sum));
  });
}

/** The mean over (2 · across + 1) × (2 · down + 1) samples. */
function soften(texture: Texture, across: number, down: number): Texture {
  const { period } = texture;
  const area = (2 * across + 1) * (2 * down + 1);
  return build(period, (x, y) => {
    let sum = 0;
    for (let dy = -down; dy <= down; dy++)
      for (let dx = -across; dx <= across; dx++) sum += at(texture, x + dx + period, y + dy + period);
    return Math.trunc(sum / area);
  });
}

const at = (texture: Texture, x: number, y: number): number =>
  texture.samples[textureRow(texture, y) + (x % texture.period)]!;

let made: { fibre: Texture; grain: Texture } | undefined;

/** The two textures of every picture: they take longer to make than a small picture, so they are made once. */
export function textures(): { readonly fibre: Texture; readonly grain: Texture } {
  made ??= { fibre: fibre(600, 509), grain: grain(700, 251) };
  return made;
}

function build(period: number, sample: (x: number, y: number) => number): Texture {
  const stride = period + NODE_PIXELS;
  const samples = new Int16Array(period * stride);
  for (let y = 0; y < period; y++) {
    const row = y * stride;
    for (let x = 0; x < period; x++) samples[row + x] = sample(x, y);
    samples.copyWithin(row + period, row, row + NODE_PIXELS);
  }
  return { period, stride, samples };
}
