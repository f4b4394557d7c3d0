import { closeSync, fstatSync, openSync, readSync, rmSync, truncateSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { Sharp } from "sharp";
import { TesseraError } from "../../shared/errors.ts";
import { bytesPerPixel, type Shape } from "../../shared/geometry.ts";
import { CANVAS_HEADER_BYTES, canvasBytes } from "../canvas/canvas.ts";
import { colourspaceOf } from "../codec/colourspace.ts";
import { decodeError, encodeError } from "../codec/errors.ts";
import { withDecoderInput } from "../codec/input.ts";
import { failOnOf, loadSharp } from "../codec/sharp.ts";
import type { ImageMetadata, Probe } from "../probe/types.ts";

/**
 * `srgb`: colours are converted by the embedded profile (not 16-bit gray, which the library leaves as it is); `keep`:
 * samples stay as they are, except CMYK's.
 */
export type Profile = "srgb" | "keep";

export interface IngestOptions {
  readonly profile: Profile;
  readonly pixelsMax: number;
  readonly signal?: AbortSignal;
}

export interface Ingest {
  /** Rows [0, n) are in the canvas, whole and final. Cheap: the file's length tells. */
  rowsReady(): number;
  /**
   * All rows are there and the canvas has its shape. Rejects with a `TesseraError` (image_truncated, image_corrupt,
   * image_unsupported, image_header_invalid, disk_full, job_cancelled), after which there is no canvas.
   */
  readonly done: Promise<void>;
  /** Never rejects; from here on nothing touches the canvas' file. After an abort that is later than `done`. */
  readonly ended: Promise<void>;
}

/**
 * Decodes an image into a canvas at `canvasPath` (whose name ends in .v), in `probe.shape` and as stored:
 * orientation is the tile geometry's business. The decoder writes from the top down and never goes back, so that
 * tiles can follow behind it. What `rowsReady` showed is only to be trusted as an image once `done` is fulfilled.
 *
 * An abort rejects `done` at once; the library offers no way to stop it, so the decoder runs on to its end unseen,
 * the canvas is deleted then, and only then `ended` is fulfilled: who decodes to the same place again waits for it.
 */
export function ingest(path: string, probe: Probe, canvasPath: string, options: IngestOptions): Ingest {
  if (!canvasPath.endsWith(".v")) throw new Error("a canvas that is decoded into must be named .v");
  // at once: what an earlier run left would be taken for rows of this one
  rmSync(canvasPath, { force: true });
  const front = new Front(canvasPath, probe.shape);
  const decoded = decode(path, probe, canvasPath, options).catch((thrown: unknown) => {
    front.close();
    throw decodeError(thrown);
  });
  const kept = decoded
    .then(() => front.finish())
    .catch(async (thrown: unknown) => {
      await rm(canvasPath, { force: true });
      throw thrown;
    });
  const { signal } = options;
  const discard = () => (signal?.aborted ? rm(canvasPath, { force: true }) : undefined);
  const ended = kept.then(discard, discard).catch(() => {});
  return { rowsReady: () => front.rows(), done: unlessAborted(kept, signal), ended };
}

/** What of a source's metadata is still true of its canvas: the profile only while the samples are in it. */
export const metadataAfter = (profile: Profile, metadata: ImageMetadata): ImageMetadata =>
  profile === "keep" ? metadata : { ...metadata, icc: undefined };

async function decode(path: string, probe: Probe, canvasPath: string, options: IngestOptions): Promise<void> {
  const sharp = await loadSharp();
  await withDecoderInput(path, probe, async (input) => {
    if (options.signal?.aborted) throw reasonOf(options.signal);
    await pipeline(sharp, input, probe, options).toFile(canvasPath);
  });
}

type SharpOf = Awaited<ReturnType<typeof loadSharp>>;

function pipeline(sharp: SharpOf, input: string | Buffer, probe: Probe, options: IngestOptions): Sharp {
  const { type, shape, hasIcc, metadata } = probe;
  const convert = options.profile === "srgb";
  const image = sharp(input, {
    limitInputPixels: options.pixelsMax,
    sequentialRead: true,
    failOn: failOnOf(type),
    ignoreIcc: !convert && metadata.icc !== undefined,
  }).toColourspace(colourspaceOf(shape));
  // 16-bit RGB is converted to Display P3 on the way in; only with a profile to write does it go on to sRGB
  const wide = convert && hasIcc && shape.depth === 16 && shape.channels >= 3;
  return wide ? image.withIccProfile("srgb", { attach: false }) : image;
}

async function unlessAborted(kept: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return kept;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(reasonOf(signal));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    await Promise.race([kept, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

const reasonOf = ({ reason }: AbortSignal): TesseraError =>
  reason instanceof TesseraError ? reason : new TesseraError("job_cancelled");

/** Follows a canvas that a decoder writes, by its length. */
class Front {
  private fd = -1;
  private state: "open" | "whole" | "closed" = "open";
  private readonly rowBytes: number;

  constructor(
    private readonly path: string,
    private readonly shape: Shape,
  ) {
    this.rowBytes = shape.width * bytesPerPixel(shape);
  }

  rows(): number {
    if (this.state === "whole") return this.shape.height;
    if (this.state === "closed" || !this.open()) return 0;
    const rows = Math.floor((fstatSync(this.fd).size - CANVAS_HEADER_BYTES) / this.rowBytes);
    return Math.max(0, Math.min(rows, this.shape.height));
  }

  /** Checks that the decoder gave what the probe said, and cuts the library's own trailer off. */
  finish(): void {
    try {
      if (!this.open() || !this.matches()) throw new TesseraError("image_header_invalid");
      truncateSync(this.path, canvasBytes(this.shape));
    } catch (thrown) {
      throw encodeError(thrown); // its folder may be gone: a job that was deleted meanwhile
    } finally {
      this.close();
    }
    this.state = "whole";
  }

  close(): void {
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
    this.state = "closed";
  }

  private open(): boolean {
    if (this.fd >= 0) return true;
    try {
      this.fd = openSync(this.path, "r");
    } catch {
      return false; // the decoder has not begun
    }
    return true;
  }

  private matches(): boolean {
    const header = Buffer.alloc(CANVAS_HEADER_BYTES);
    if (readSync(this.fd, header, 0, header.length, 0) !== header.length) return false;
    const { width, height, channels, depth } = this.shape;
    const wanted = [width, height, channels, depth, depth === 8 ? 0 : 2, 0];
    const right = wanted.every((field, i) => header.readUInt32LE(4 + 4 * i) === field);
    return right && fstatSync(this.fd).size >= canvasBytes(this.shape);
  }
}
