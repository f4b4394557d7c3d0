import { Type } from "@sinclair/typebox";
import { grow } from "../geometry.ts";
import { areaOp } from "./op.ts";

export const bilateral = areaOp({
  name: "bilateral",
  title: "Bilateral filter",
  summary: "Smooths areas of like colour and leaves the edges between them.",
  definition:
    "out = Σ w · in / Σ w over the (2r + 1)² pixels around, w = exp(−d²/2σs²) · exp(−c²/2σr²), d the distance in pixels and c that of the colours over all channels. Source: C. Tomasi and R. Manduchi, Bilateral filtering for gray and color images, ICCV 1998.",
  params: Type.Object({
    radius: Type.Integer({
      minimum: 1,
      maximum: 20,
      default: 2,
      title: "Radius",
      unit: "px",
      description: "How far the square of pixels reaches; the time grows with its area.",
    }),
    sigma_space: Type.Number({
      minimum: 0.1,
      maximum: 100,
      default: 2,
      title: "Sigma in space",
      unit: "px",
      description: "Larger lets far pixels count more.",
    }),
    sigma_range: Type.Number({
      minimum: 0.1,
      maximum: 500,
      default: 25,
      title: "Sigma in colour",
      unit: "level",
      description: "Differences of colour well above this many levels of 255 are kept as edges.",
    }),
  }),
  extend: "edge",
  alpha: "filter",
  window: (out, _input, { radius }) => grow(out, radius),
  taps: ({ radius }) => 12 * (2 * radius + 1) ** 2,
  compute({ kernels, source, target, params, scratch }) {
    const { width, height } = target.rect;
    const { channels, depth } = source.format;
    const { radius, sigma_space, sigma_range } = params;
    const pitch = (source.rect.width * 4 + 31) & ~15;
    const planes = scratch(pitch * source.rect.height * channels);
    const line = scratch((width + 4) * channels * (depth >> 3));
    const table = tapsOf(radius, sigma_space, pitch);
    const taps = scratch(table.byteLength);
    kernels.bytes.set(new Uint8Array(table.buffer), taps);
    const spread = sigma_range * (depth === 8 ? 1 : 257);
    const fall = -Math.LOG2E / (2 * spread * spread);
    const run = depth === 8 ? kernels.call.bilateral8 : kernels.call.bilateral16;
    const to = [target.at, target.stride, width, height, channels, radius] as const;
    run(source.at, source.stride, ...to, taps, table.byteLength >> 3, fall, planes, pitch, line);
  },
});

/** A byte offset in an f32 plane and log2 of the weight in space, row by row. */
function tapsOf(radius: number, sigma: number, pitch: number): DataView<ArrayBuffer> {
  const side = 2 * radius + 1;
  const table = new DataView(new ArrayBuffer(side * side * 8));
  for (let i = 0; i < side * side; i++) {
    const x = (i % side) - radius;
    const y = Math.floor(i / side) - radius;
    table.setInt32(i * 8, y * pitch + x * 4, true);
    table.setFloat32(i * 8 + 4, (-(x * x + y * y) * Math.LOG2E) / (2 * sigma * sigma), true);
  }
  return table;
}
