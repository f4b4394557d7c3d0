import sharp from "sharp";
import type { ImageType } from "../probe/types.ts";

/**
 * libvips through sharp, locked down; nothing else on the master imports sharp.
 *
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

sharp.cache(false);
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({ operation: LOADERS });

/**
 * How much damage ends a decoding. "error" is strictest for decoders that warn of real damage only; "truncated" for
 * JPEG, whose decoder also warns of harmless things that many cameras do.
 */
export const failOnOf = (type: ImageType): "truncated" | "error" => (type === "jpeg" ? "truncated" : "error");

export { sharp };
