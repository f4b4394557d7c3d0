import type { Shape, Size } from "../../shared/geometry.ts";

export type ImageType = "jpeg" | "png" | "webp" | "avif" | "tiff" | "gif";

/** As EXIF counts them: 1 upright, 2–8 mirrored and turned (TIFF 6.0, tag 274). */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** The largest images that are let in. Pixels are width × height as stored. */
export interface ImageLimits {
  readonly pixelsMax: number;
  readonly sideMax: number;
  /** For images whose decoder holds all of them at once (see `Probe.unbounded`). */
  readonly unboundedPixelsMax: number;
}

/** What travels beside the pixels, each as its standard defines it and without any container's prefix. */
export interface ImageMetadata {
  /** A TIFF stream ("II*" or "MM*" first). */
  readonly exif: Buffer | undefined;
  /** The profile that the pixels are in; only where it fits the channels that we decode to (never CMYK). */
  readonly icc: Buffer | undefined;
  /** An XMP packet in UTF-8. */
  readonly xmp: Buffer | undefined;
}

/** What a file's header tells, checked against itself and against the limits. */
export interface Probe extends Size {
  readonly type: ImageType;
  /** What `ingest` decodes to, before any orientation. Width and height are those above, as stored. */
  readonly shape: Shape;
  readonly orientation: Orientation;
  /** There is an embedded profile, perhaps of a CMYK image, which `metadata.icc` leaves out. */
  readonly hasIcc: boolean;
  /** The file's length. */
  readonly bytes: number;
  /** Its decoder needs memory for the whole image: progressive JPEG, interlaced PNG, WebP, AVIF, GIF, huge TIFF tiles. */
  readonly unbounded: boolean;
  /** Of an animation: where its first frame ends. The decoder sees nothing behind that. */
  readonly firstFrameEnd: number | undefined;
  readonly metadata: ImageMetadata;
}

/** What our own reading of the header gives, before any library sees the file. */
export interface Header extends Size {
  readonly unbounded: boolean;
  /** No file of fewer bytes can hold so many pixels in this format. */
  readonly bytesMin: number;
  readonly firstFrameEnd?: number | undefined;
  /** Where the image's own bytes end, if that can be known cheaply; what follows is looked at for stowaways. */
  readonly end: number | undefined;
}
