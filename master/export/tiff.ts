import { bytesPerPixel, hasAlpha, type Shape } from "../../shared/geometry.ts";
import type { Canvas } from "../canvas/canvas.ts";
import { encodeStrip } from "../codec/pool.ts";
import type { EncodedStrip } from "../codec/strip.ts";
import type { ImageMetadata } from "../probe/types.ts";
import type { OutputSpec } from "./output.ts";
import type { StripFormat } from "./strips.ts";
import { type Field, fieldOf, SHORT, tiffDirectory, UNDEFINED } from "./tiff_fields.ts";

/** Readers hold a strip at a time. */
const STRIP_BYTES = 2 * 2 ** 20;

/** Above this a classic TIFF's 32-bit offsets may not do; deflate can add a little. */
const CLASSIC_BYTES_MAX = 3.9 * 2 ** 30;

const DEFLATE = 8;
const HORIZONTAL = 2;
const STRAIGHT_ALPHA = 2;

/**
 * A TIFF, or above 3.9 GiB of pixels a BigTIFF, of deflated strips. The library's own writer would do all of it on one
 * thread and map the whole canvas. The directory comes last; the header is pointed at it when it is known. EXIF is
 * not written: in a TIFF it is no block but a directory with offsets of its own. Source: TIFF 6.0, BigTIFF design.
 */
export function tiffFormat(
  canvas: Canvas,
  spec: OutputSpec,
  metadata: ImageMetadata,
  stripBytes = STRIP_BYTES,
  big = canvas.shape.width * canvas.shape.height * bytesPerPixel(canvas.shape) > CLASSIC_BYTES_MAX,
): StripFormat<EncodedStrip> {
  const { path, shape } = canvas;
  const rows = Math.max(1, Math.ceil(stripBytes / (shape.width * bytesPerPixel(shape))));
  const offsets: number[] = [];
  const lengths: number[] = [];
  const headerBytes = big ? 16 : 8;
  let end = headerBytes;
  return {
    rows,
    encode: (y, height) =>
      encodeStrip({ kind: "tiff", path, shape, y, rows: height, effort: spec.effort, last: false }),
    join: ({ deflated }, index, last) => {
      offsets.push(end);
      lengths.push(deflated.length);
      end += deflated.length;
      const parts = index === 0 ? [header(big, 0), deflated] : [deflated];
      if (!last) return parts;
      const padding = Buffer.alloc(-end & 7); // a directory begins on a word's edge
      end += padding.length;
      return [
        ...parts,
        padding,
        tiffDirectory(fields(shape, rows, offsets, lengths, metadata, big), end, big),
      ];
    },
    patch: () => header(big, end),
  };
}

function header(big: boolean, directory: number): Buffer {
  const b = Buffer.alloc(big ? 16 : 8);
  b.write("II", "latin1");
  b.writeUInt16LE(big ? 43 : 42, 2);
  if (big) {
    b.writeUInt16LE(8, 4); // bytes of an offset
    b.writeBigUInt64LE(BigInt(directory), 8);
  } else b.writeUInt32LE(directory, 4);
  return b;
}

/** In the order of their tags, as a directory has to be. */
function fields(
  shape: Shape,
  rows: number,
  offsets: readonly number[],
  lengths: readonly number[],
  { icc, xmp }: ImageMetadata,
  big: boolean,
): Field[] {
  const { width, height, channels, depth } = shape;
  const place = big ? "long8" : "long";
  return [
    fieldOf(256, "long", [width]),
    fieldOf(257, "long", [height]),
    fieldOf(258, SHORT, new Array<number>(channels).fill(depth)),
    fieldOf(259, SHORT, [DEFLATE]),
    fieldOf(262, SHORT, [channels < 3 ? 1 : 2]), // gray, black is zero; RGB
    fieldOf(273, place, offsets),
    fieldOf(274, SHORT, [1]), // upright
    fieldOf(277, SHORT, [channels]),
    fieldOf(278, "long", [rows]),
    fieldOf(279, place, lengths),
    fieldOf(284, SHORT, [1]), // samples of a pixel together
    fieldOf(317, SHORT, [HORIZONTAL]),
    ...(hasAlpha(shape) ? [fieldOf(338, SHORT, [STRAIGHT_ALPHA])] : []),
    ...(xmp ? [{ tag: 700, type: 1, count: xmp.length, bytes: xmp }] : []),
    ...(icc ? [{ tag: 34_675, type: UNDEFINED, count: icc.length, bytes: icc }] : []),
  ];
}
