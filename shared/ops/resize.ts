import { type Static, Type } from "@sinclair/typebox";
import { bytesPerPixel, type Rect, type Size } from "../geometry.ts";
import { areaOp, type Compute } from "./op.ts";
import { type Axis, firstTap, nearestTap, tapsOf } from "./resampling.ts";
import { type Form, type TableRequest, tapTable } from "./resize_tables.ts";

const side = (title: string, description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, title, unit: "px", description }));

const params = Type.Object({
  width: side("Width", "Columns of the result; without it, what keeps the proportions."),
  height: side("Height", "Rows of the result; without it, what keeps the proportions."),
  scale: Type.Optional(
    Type.Number({
      minimum: 0.0001,
      maximum: 1000,
      title: "Scale",
      unit: "×",
      description:
        "Size of the result relative to the picture; used where neither width nor height is given.",
    }),
  ),
  kernel: Type.Union([Type.Literal("lanczos3"), Type.Literal("bicubic"), Type.Literal("nearest")], {
    default: "lanczos3",
    title: "Kernel",
    unit: "",
    description: "lanczos3: sharpest; bicubic: softer, fewer halos; nearest: no new colours.",
  }),
});
type Params = Static<typeof params>;

/** Beyond so many taps, weights in Q14 would be rounded too coarsely. */
const Q14_TAPS_MAX = 256;

/** How the kernels read the line: bytes from one pixel to the next, and the taps that one vector takes. */
const LAYOUT: Record<Form, (channels: number) => { lanes: number; step: number }> = {
  q14: (channels) => ({ lanes: channels === 1 ? 8 : 2, step: 2 * channels }),
  f32: (channels) => ({ lanes: channels === 1 ? 4 : 1, step: 4 * channels }),
};

function resized(input: Size, { width, height, scale }: Params): Size {
  const at = (length: number, factor: number) => Math.max(1, Math.round(length * factor));
  if (width !== undefined) return { width, height: height ?? at(input.height, width / input.width) };
  if (height !== undefined) return { width: at(input.width, height / input.height), height };
  return { width: at(input.width, scale ?? 1), height: at(input.height, scale ?? 1) };
}

function axesOf(input: Size, given: Params): { across: Axis; down: Axis } {
  const { width, height } = resized(input, given);
  const filter = given.kernel === "bicubic" ? "bicubic" : "lanczos3";
  return {
    across: { filter, from: input.width, to: width },
    down: { filter, from: input.height, to: height },
  };
}

function window(out: Rect, input: Size, given: Params): Rect {
  const { across, down } = axesOf(input, given);
  const [x, width] = runOf(across, out.x, out.width, given);
  const [y, height] = runOf(down, out.y, out.height, given);
  return { x, y, width, height };
}

function runOf(
  axis: Axis,
  start: number,
  length: number,
  { kernel }: Params,
): [start: number, length: number] {
  const last = start + length - 1;
  const [first, end] =
    kernel === "nearest"
      ? [nearestTap(axis, start), nearestTap(axis, last) + 1]
      : [firstTap(axis, start), firstTap(axis, last) + tapsOf(axis)];
  return [first, end - first];
}

function compute(job: Compute<Params>): void {
  if (job.params.kernel === "nearest") gather(job);
  else filter(job);
}

function gather({ kernels, source, target, params, image, scratch }: Compute<Params>): void {
  const { across, down } = axesOf(image, params);
  const { x, y, width, height } = target.rect;
  const pixel = bytesPerPixel(source.format);
  const columns = Uint32Array.from(
    { length: width },
    (_, i) => (nearestTap(across, x + i) - source.rect.x) * pixel,
  );
  const rows = Uint32Array.from(
    { length: height },
    (_, i) => (nearestTap(down, y + i) - source.rect.y) * source.stride,
  );
  const columnsAt = scratch(columns.byteLength);
  const rowsAt = scratch(rows.byteLength);
  kernels.bytes.set(new Uint8Array(columns.buffer), columnsAt);
  kernels.bytes.set(new Uint8Array(rows.buffer), rowsAt);
  kernels.call.gather(source.at, rowsAt, columnsAt, target.at, target.stride, width, height, pixel);
}

function filter({ kernels, source, target, params, image, scratch }: Compute<Params>): void {
  const { call } = kernels;
  const { across, down } = axesOf(image, params);
  const { channels, depth } = source.format;
  const narrow = depth === 8 && (channels === 1 || channels === 3);
  const form: Form = narrow && Math.max(tapsOf(across), tapsOf(down)) <= Q14_TAPS_MAX ? "q14" : "f32";
  const { x, y, width, height } = target.rect;
  const place = (request: Omit<TableRequest, "form">) => {
    const { bytes, taps } = tapTable({ ...request, form });
    const at = scratch(bytes.length);
    kernels.bytes.set(bytes, at);
    return { at, taps };
  };
  const { lanes, step } = LAYOUT[form](channels);
  const rows = place({
    axis: down,
    start: y,
    count: height,
    origin: source.rect.y,
    step: source.stride,
    lanes: 1,
    spare: 0,
  });
  const columns = place({
    axis: across,
    start: x,
    count: width,
    origin: source.rect.x,
    step,
    lanes,
    spare: 3,
  });
  const samples = source.rect.width * channels;
  const line = scratch(samples * 4 + 64);
  const run = form === "q14" ? call.resize8 : depth === 8 ? call.resizeWide8 : call.resize16;
  const from = [source.at, source.stride, samples] as const;
  const to = [target.at, target.stride, width, height, channels] as const;
  run(...from, ...to, rows.at, rows.taps, columns.at, columns.taps, line);
}

export const resize = areaOp({
  name: "resize",
  title: "Resize",
  summary: "Makes the picture larger or smaller.",
  definition:
    "Pixel centres at (i + ½) · in / out; Lanczos with three lobes, Catmull–Rom, or the pixel that the centre lies on. When shrinking, the filter is widened by the factor; weights sum to 1 and the edge is repeated. A width and a height together need not keep the proportions; without any size the picture stays. Sources: K. Turkowski, Filters for Common Resampling Tasks, Graphics Gems I, 1990; R. Keys, Cubic Convolution Interpolation, IEEE Trans. ASSP 29(6), 1981.",
  params,
  extend: "none",
  // The nearest pixel is only moved: premultiplied and back it would lose colour under faint alpha.
  alpha: ({ kernel }) => (kernel === "nearest" ? "move" : "filter"),
  output: (input, given) => ({ ...input, ...resized(input, given) }),
  window,
  compute,
});
