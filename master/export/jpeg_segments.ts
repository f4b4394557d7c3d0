import type { ImageMetadata } from "../probe/types.ts";

/** A segment's length is 16 bits and counts itself. */
const SEGMENT_BYTES_MAX = 65_533;

const EXIF_PREFIX = Buffer.from("Exif\0\0", "latin1");
const XMP_PREFIX = Buffer.from("http://ns.adobe.com/xap/1.0/\0", "latin1");
const ICC_PREFIX = Buffer.from("ICC_PROFILE\0", "latin1");
const ICC_CHUNK_BYTES_MAX = 65_519;

interface JpegParts {
  /** From SOI up to the scan's header. */
  readonly beforeScan: Buffer;
  /** Where the frame's header (SOF0) stands. */
  readonly frameAt: number;
  readonly scanHeader: Buffer;
  /** Entropy-coded data without the EOI marker. */
  readonly scan: Buffer;
}

/** Takes a baseline JPEG of one scan apart, as our own encoder made it. */
export function parseJpeg(jpeg: Buffer): JpegParts {
  let frameAt = -1;
  for (let at = 2; ; ) {
    const marker = jpeg[at + 1]!;
    const length = jpeg.readUInt16BE(at + 2);
    if (marker === 0xc0) frameAt = at;
    if (marker === 0xda) {
      if (frameAt < 0) throw new Error("the encoder's JPEG is not baseline");
      return {
        beforeScan: jpeg.subarray(0, at),
        frameAt,
        scanHeader: jpeg.subarray(at, at + 2 + length),
        scan: jpeg.subarray(at + 2 + length, jpeg.length - 2),
      };
    }
    at += 2 + length;
  }
}

/**
 * APP1 and APP2 segments. EXIF and XMP that do not fit one segment are left out. Source: EXIF 2.32 section 4.7.2, XMP
 * specification part 3 section 1.1.3, ICC.1:2022 annex B.4.
 */
export function metadataSegments({ exif, icc, xmp }: ImageMetadata): Buffer[] {
  const segments: Buffer[] = [];
  if (exif && EXIF_PREFIX.length + exif.length <= SEGMENT_BYTES_MAX)
    segments.push(segment(0xe1, EXIF_PREFIX, exif));
  if (xmp && XMP_PREFIX.length + xmp.length <= SEGMENT_BYTES_MAX)
    segments.push(segment(0xe1, XMP_PREFIX, xmp));
  const count = icc ? Math.ceil(icc.length / ICC_CHUNK_BYTES_MAX) : 0;
  // the count is one byte
  for (let i = 0; icc && i < count && count < 256; i++) {
    const chunk = icc.subarray(i * ICC_CHUNK_BYTES_MAX, (i + 1) * ICC_CHUNK_BYTES_MAX);
    segments.push(segment(0xe2, ICC_PREFIX, Buffer.from([i + 1, count]), chunk));
  }
  return segments;
}

function segment(marker: number, ...parts: Buffer[]): Buffer {
  const length = 2 + parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 255]), ...parts]);
}
