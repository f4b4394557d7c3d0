import type { TSchema } from "@sinclair/typebox";
import fc from "fast-check";
import type { Channels, Depth, PixelFormat, Size } from "../../shared/geometry.ts";
import type { Op, Step } from "../../shared/ops/op.ts";
import { allOps } from "../../shared/ops/registry.ts";
import { createRaster, type Raster } from "../../shared/raster.ts";

/** Narrower ranges for parameters whose full range would make a test slow or its image empty of interest. */
const RANGES: Record<string, [minimum: number, maximum: number]> = {
  "blur.sigma": [0.1, 12],
  "crop.x": [0, 400],
  "crop.y": [0, 400],
  "crop.width": [1, 500],
  "crop.height": [1, 500],
  "resize.width": [1, 400],
  "resize.height": [1, 400],
  "resize.scale": [0.02, 3],
};
/** The largest length that is drawn for any other parameter that is counted in pixels: radii, margins. */
const LENGTH_MAX = 12;

/** Valid parameters of an op, drawn from its schema. */
export function stepOf(op: Op): fc.Arbitrary<Step> {
  const fields = Object.entries(op.params.properties).map(([name, schema]) => {
    const range = RANGES[`${op.name}.${name}`] ?? lengthRange(schema);
    const value = anyValue(
      range === undefined ? schema : { ...schema, minimum: range[0], maximum: range[1] },
    );
    return [name, op.params.required?.includes(name) ? value : fc.option(value, { nil: undefined })] as const;
  });
  return fc.record(Object.fromEntries(fields)).map((params) => {
    const given = Object.entries(params).filter(([, value]) => value !== undefined);
    return { op: op.name, ...Object.fromEntries(given) };
  });
}

function lengthRange(schema: TSchema): [number, number] | undefined {
  const { unit, minimum, maximum } = schema as TSchema & { minimum: number; maximum: number };
  return unit === "px" ? [minimum, Math.max(minimum, Math.min(maximum, LENGTH_MAX))] : undefined;
}

function anyValue(schema: TSchema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (Array.isArray(schema.anyOf)) return fc.oneof(...schema.anyOf.map(anyValue));
  const { minimum: min, maximum: max } = schema as TSchema & { minimum: number; maximum: number };
  switch (schema.type) {
    case "integer":
      return fc.integer({ min, max });
    case "number":
      return fc.oneof(fc.double({ min, max, noNaN: true }), fc.constantFrom(min, max));
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(anyValue(schema.items), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 49, Math.max(49, schema.minItems ?? 0)),
      });
    case "string":
      return fc.stringMatching(new RegExp(schema.pattern));
    default:
      throw new Error(`no way to draw a value of ${JSON.stringify(schema)}`);
  }
}

export const anyStep = (): fc.Arbitrary<Step> => fc.constantFrom(...allOps()).chain(stepOf);

export const anyFormat: fc.Arbitrary<PixelFormat> = fc.record({
  channels: fc.constantFrom<Channels>(1, 2, 3, 4),
  depth: fc.constantFrom<Depth>(8, 16),
});

/** The promise's tile sizes, mostly the small ones: they give more edges for the same pixels. */
export const anyTile = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(64, 65, 67, 100) },
  { weight: 1, arbitrary: fc.constantFrom(128, 256, 511, 512, 1024) },
);

const PRIMES = [2, 3, 7, 31, 61, 97, 127, 131, 193, 257];

/** Sizes for a tile of `side`: around its edges, primes, single pixels, and lines of 5000. */
export function sizeFor(side: number): fc.Arbitrary<Size> {
  const length = fc.oneof(
    fc.constantFrom(side - 1, side, side + 1, 2 * side - 1, 2 * side + 1),
    fc.constantFrom(...PRIMES),
    fc.integer({ min: 1, max: 200 }),
  );
  const some = fc.record({ width: length, height: length }).map(({ width, height }) => ({
    width,
    // the area is bounded, so that a run stays quick at every tile size
    height: Math.max(1, Math.min(height, Math.floor(40_000 / width))),
  }));
  const edges = fc.constantFrom(
    ...[
      { width: 1, height: 1 },
      { width: 1, height: 5000 },
      { width: 5000, height: 1 },
    ],
    ...[
      { width: side + 1, height: 3 },
      { width: 2, height: side + 1 },
    ],
  );
  return fc.oneof({ weight: 4, arbitrary: some }, { weight: 1, arbitrary: edges });
}

/** Pixels with smooth parts, edges, noise, and alpha from none to full, all from one seed. */
export function pixels(size: Size, format: PixelFormat, seed: number): Raster {
  const image = createRaster({ x: 0, y: 0, ...size }, format);
  const out = format.depth === 8 ? image.data : new Uint16Array(image.data.buffer);
  const max = format.depth === 8 ? 255 : 65535;
  const random = mulberry32(seed);
  const [waveX, waveY, noise] = [random() * 0.2, random() * 0.2, random()];
  let at = 0;
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      for (let c = 0; c < format.channels; c++) {
        const smooth = 0.5 + 0.5 * Math.sin(x * waveX * (c + 1) + y * waveY);
        const block = ((x >> 4) + (y >> 3) + c) & 1 ? 0.3 : -0.3;
        const value = smooth + block + (random() - 0.5) * noise;
        out[at++] = Math.round(Math.min(1, Math.max(0, value)) * max);
      }
    }
  }
  return image;
}

/** A small, good enough generator of numbers in 0..1 (Tommy Ettinger's mulberry32). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
