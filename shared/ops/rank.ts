import { bytesPerPixel } from "../geometry.ts";
import type { Compute } from "./op.ts";

type Job = Pick<Compute<unknown>, "kernels" | "source" | "target" | "scratch">;

/** The least or greatest sample of the (2 · radius + 1)² square around each of `target`'s. */
export function rankSquare(job: Job, radius: number, which: "least" | "greatest"): void {
  const { kernels, source, target, scratch } = job;
  const { call } = kernels;
  const { width, height } = target.rect;
  const { channels, depth } = source.format;
  // The line is also read up to a window beyond its end, for values that nobody uses.
  const line = scratch(2 * source.rect.width * bytesPerPixel(source.format) + 64);
  const pitch = (width * bytesPerPixel(target.format) + 31) & ~15;
  const plane = radius === 1 ? 0 : scratch(pitch * source.rect.height);
  const rank =
    which === "least"
      ? depth === 8
        ? call.erode8
        : call.erode16
      : depth === 8
        ? call.dilate8
        : call.dilate16;
  const { at, stride } = source;
  rank(at, stride, target.at, target.stride, width, height, channels, radius, line, plane, pitch);
}

/** On a reduced image: a pixel there, of which the extremes are gone, stands for half a pixel more on each side. */
export const reducedReach = (radius: number, factor: number): number => Math.ceil(radius * factor + 0.5);
