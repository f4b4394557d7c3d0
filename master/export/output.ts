import { EFFORT, formatLike, OUTPUT_FORMATS, type OutputFormat, QUALITY } from "../../shared/api/output.ts";
import { TesseraError } from "../../shared/errors.ts";
import type { Shape } from "../../shared/geometry.ts";
import type { ImageType } from "../probe/types.ts";

/** How a result is written. */
export interface OutputSpec {
  readonly format: OutputFormat;
  /** 1–100, for JPEG, WebP and AVIF. JPEG's chroma is at half resolution (4:2:0) whatever the quality. */
  readonly quality: number;
  /** 0 (quick) – 9 (small): the deflate level of PNG and TIFF, and the encoders' own scales of WebP and AVIF. */
  readonly effort: number;
  /** EXIF and XMP of the source; a colour profile that the pixels need goes along in any case. */
  readonly metadata: "keep" | "strip";
  /** For WebP and AVIF; PNG and TIFF always are, JPEG never. */
  readonly lossless: boolean;
  /** What transparent pixels are laid on in JPEG, "#rrggbb". */
  readonly background: string;
}

interface Bound {
  readonly sideMax: number;
  readonly pixelsMax: number;
}

/**
 * What the formats, or their encoders' memory, allow. JPEG: libjpeg's limit; WebP: 14-bit sides, and its encoder fails
 * above about 190 MP; AVIF: its encoder holds 32 bytes a pixel; PNG and TIFF: 31 bits.
 */
const BOUNDS: Readonly<Record<OutputFormat, Bound>> = {
  jpeg: { sideMax: 65_500, pixelsMax: Number.POSITIVE_INFINITY },
  png: { sideMax: 0x7fffffff, pixelsMax: Number.POSITIVE_INFINITY },
  webp: { sideMax: 16_383, pixelsMax: 134_217_728 },
  avif: { sideMax: 65_536, pixelsMax: 67_108_864 },
  tiff: { sideMax: 0x7fffffff, pixelsMax: Number.POSITIVE_INFINITY },
};

const isFormat = (value: unknown): value is OutputFormat => OUTPUT_FORMATS.includes(value as OutputFormat);

/**
 * A whole specification from what was asked for; what is left out gets its default, the format that of the source
 * (PNG for GIF). Throws `output_invalid` with the option's name and what was expected.
 */
export function outputSpec(asked: Partial<OutputSpec>, source: ImageType = "png"): OutputSpec {
  for (const key of Object.keys(asked)) {
    if (!["format", "quality", "effort", "metadata", "lossless", "background"].includes(key)) {
      invalid(`There is no option "${key}".`);
    }
  }
  const format = asked.format ?? formatLike(source);
  if (!isFormat(format)) invalid(`format: one of ${OUTPUT_FORMATS.join(", ")} is expected.`);
  const spec: OutputSpec = {
    format,
    quality: asked.quality ?? QUALITY[format],
    effort: asked.effort ?? EFFORT[format],
    metadata: asked.metadata ?? "keep",
    lossless: asked.lossless ?? false,
    background: asked.background ?? "#ffffff",
  };
  wholeNumber("quality", spec.quality, 1, 100);
  wholeNumber("effort", spec.effort, 0, 9);
  if (spec.metadata !== "keep" && spec.metadata !== "strip")
    invalid('metadata: "keep" or "strip" is expected.');
  if (typeof spec.lossless !== "boolean") invalid("lossless: true or false is expected.");
  if (spec.lossless && format === "jpeg")
    invalid("lossless: JPEG has no lossless mode; choose PNG, WebP or TIFF.");
  if (typeof spec.background !== "string" || !/^#[0-9a-f]{6}$/i.test(spec.background)) {
    invalid('background: a colour like "#ffffff" is expected.');
  }
  return spec;
}

/** Throws `output_too_large` when the format cannot hold an image of this shape. */
export function checkOutput(spec: OutputSpec, shape: Shape): void {
  const { sideMax, pixelsMax } = BOUNDS[spec.format];
  const { width, height } = shape;
  const name = spec.format.toUpperCase();
  if (Math.max(width, height) > sideMax) {
    throw new TesseraError(
      "output_too_large",
      `It is ${width} × ${height}; a side in ${name} is at most ${sideMax}.`,
    );
  }
  if (width * height > pixelsMax) {
    const most = `${name} is written up to ${pixelsMax} pixels`;
    throw new TesseraError("output_too_large", `It has ${width * height} pixels; ${most}.`);
  }
}

function wholeNumber(name: string, value: unknown, min: number, max: number): void {
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    invalid(`${name}: a whole number from ${min} to ${max} is expected.`);
  }
}

function invalid(why: string): never {
  throw new TesseraError("output_invalid", why);
}
