import type Sharp from "sharp";
import type { ImageType } from "../probe/types.ts";

/**
 * libvips through sharp, locked down; nothing else on the master imports sharp.
 *
 * - Loaded with the first image: it takes 25 MB, which a master at rest, or one that takes an upload, has no need of.
 * - No cache: it serves stale pixels for a file of the same name.
 * - No loader but those of our six input formats and of our own canvases. SVG, PDF, ImageMagick and the rest can
 *   read other files or run for ever, so they stay blocked even where a build of libvips has them.
 */
const LOADERS = [
  "VipsForeignLoadJpeg",
  "VipsForeignLoadPng",
  "VipsForeignLoadWebp",
  "VipsForeignLoadHeif",
  "VipsForeignLoadTiff",
  "VipsForeignLoadNsgif",
  "VipsForeignLoadVips",
];

let loading: Promise<typeof Sharp> | undefined;

export function loadSharp(): Promise<typeof Sharp> {
  loading ??= load();
  return loading;
}

async function load(): Promise<typeof Sharp> {
  const { default: sharp } = await import("sharp");
  sharp.cache(false);
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: LOADERS });
  return sharp;
}

/**
 * How much damage ends a decoding. "error" is strictest for decoders that warn of real damage only; "truncated" for
 * JPEG, whose decoder also warns of harmless things that many cameras do.
 */
export const failOnOf = (type: ImageType): "truncated" | "error" => (type === "jpeg" ? "truncated" : "error");
