import { type Static, Type } from "@sinclair/typebox";
import { bytesPerPixel, intersect, isEmpty, type Rect, type Size, wholeOf } from "../geometry.ts";
import { colourBytes, colourParam } from "./colour.ts";
import { areaOp, type Compute } from "./op.ts";

const margin = (title: string, description: string) =>
  Type.Integer({ minimum: 0, maximum: 100_000, default: 0, title, unit: "px", description });

const params = Type.Object({
  left: margin("Left", "Columns that are added on the left."),
  top: margin("Top", "Rows that are added above."),
  right: margin("Right", "Columns that are added on the right."),
  bottom: margin("Bottom", "Rows that are added below."),
  mode: Type.Union([Type.Literal("constant"), Type.Literal("edge")], {
    default: "constant",
    title: "Filled with",
    description: "constant: the colour; edge: the picture's outermost pixels, repeated.",
  }),
  color: colourParam({
    default: "#000000",
    title: "Colour",
    description: "Colour of the margin, #rrggbb or #rrggbbaa; a gray picture takes its brightness.",
    alpha: true,
  }),
});
type Params = Static<typeof params>;

/** The part of `out` that shows the image itself, in the image's coordinates; may be empty. */
function shown(out: Rect, input: Size, { left, top }: Params): Rect {
  return intersect({ ...out, x: out.x - left, y: out.y - top }, wholeOf(input));
}

/** `out` drawn in to the image on every side: at least the one nearest row or column. */
function nearest(out: Rect, input: Size, { left, top }: Params): Rect {
  const [x, width] = nearestRun(out.x - left, out.width, input.width);
  const [y, height] = nearestRun(out.y - top, out.height, input.height);
  return { x, y, width, height };
}

function nearestRun(start: number, length: number, size: number): [start: number, length: number] {
  const first = Math.min(Math.max(start, 0), size - 1);
  const last = Math.min(Math.max(start + length - 1, 0), size - 1);
  return [first, last - first + 1];
}

function compute({ kernels, source, target, params, scratch }: Compute<Params>): void {
  const { call } = kernels;
  const pixel = bytesPerPixel(target.format);
  const { width, height } = target.rect;
  const left = source.rect.x + params.left - target.rect.x;
  const top = source.rect.y + params.top - target.rect.y;
  if (params.mode === "edge") {
    // Where the rectangle lies beyond the image, its nearest row or column stands for all of it.
    const x = Math.min(Math.max(left, 0), width - source.rect.width);
    const y = Math.min(Math.max(top, 0), height - source.rect.height);
    const at = target.at + y * target.stride + x * pixel;
    call.copy(source.at, source.stride, at, target.stride, source.rect.width * pixel, source.rect.height);
    call.extend(target.at, target.stride, width, height, x, y, source.rect.width, source.rect.height, pixel);
    return;
  }
  if (isEmpty(source.rect) || source.rect.width < width || source.rect.height < height) {
    const colour = scratch(pixel);
    kernels.bytes.set(colourBytes(params.color, target.format), colour);
    call.fill(target.at, target.stride, width, height, pixel, colour);
  }
  if (isEmpty(source.rect)) return;
  const at = target.at + top * target.stride + left * pixel;
  call.copy(source.at, source.stride, at, target.stride, source.rect.width * pixel, source.rect.height);
}

export const pad = areaOp({
  name: "pad",
  title: "Pad",
  summary: "Adds a margin around the picture.",
  definition:
    "out(x, y) = in(x − left, y − top); beyond the image a colour, or the nearest pixel of the image. A picture without alpha takes the colour as opaque.",
  params,
  extend: "none",
  alpha: "move",
  output: (input, { left, top, right, bottom }) => ({
    ...input,
    width: input.width + left + right,
    height: input.height + top + bottom,
  }),
  window: (out, input, given) => (given.mode === "edge" ? nearest : shown)(out, input, given),
  compute,
});
