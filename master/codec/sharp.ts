import sharp from "sharp";

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

export { sharp };
