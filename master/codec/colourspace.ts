import type { PixelFormat } from "../../shared/geometry.ts";

/** libvips' name for a pixel format. Asked for by name, samples keep their depth and gray stays gray. */
export function colourspaceOf(format: PixelFormat): "b-w" | "srgb" | "grey16" | "rgb16" {
  if (format.depth === 8) return format.channels < 3 ? "b-w" : "srgb";
  return format.channels < 3 ? "grey16" : "rgb16";
}
