/** How results are written: formats, and what is usual for each. */
export const OUTPUT_FORMATS = ["jpeg", "png", "webp", "avif", "tiff"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** From 1 to 100, for JPEG, WebP and AVIF. */
export const QUALITY: Readonly<Record<OutputFormat, number>> = {
  ...{ jpeg: 90, png: 100, webp: 85, avif: 60, tiff: 100 },
};

/** From 0 (quick) to 9 (small). */
export const EFFORT: Readonly<Record<OutputFormat, number>> = { jpeg: 0, png: 2, webp: 4, avif: 2, tiff: 2 };

/** The file name's ending that goes with a format. */
export const extensionOf = (format: OutputFormat): string => (format === "jpeg" ? "jpg" : format);

/** The format of a result whose sender asks for none. */
export const formatLike = (sourceType: string): OutputFormat =>
  OUTPUT_FORMATS.find((format) => format === sourceType) ?? "png";
