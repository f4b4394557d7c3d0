import { type ErrorCode, TesseraError } from "../../shared/errors.ts";

const DISK_FULL = /no space left|disk quota/i;
const UNWRITABLE = /write failed|unable to (open|write)|permission denied|read-only/i;

/**
 * What the decoders say, sorted into our codes; the first that matches wins. The libraries have no codes of their
 * own, only sentences, and these name files: they go into `cause`, for the log, never into what a user sees.
 */
const SAYINGS: readonly (readonly [RegExp, ErrorCode])[] = [
  [DISK_FULL, "disk_full"],
  // the AV1 decoder's word for garbage; other codecs than AV1 have been refused by then
  [/bitstream not supported/i, "image_corrupt"],
  // libtiff's word for strips that take too much memory each
  [/cumulated memory|cumulated byte limit/i, "image_unsupported"],
  [/exceeds pixel limit|pixel limit|too many pixels/i, "image_too_many_pixels"],
  [
    /premature|truncat|end of (file|input|stream)|\bEOF\b|out of (input|data)|insufficient|too short/i,
    "image_truncated",
  ],
  [/not enough (data|image data)|unexpected end|partial/i, "image_truncated"],
  [
    /unsupported|not supported|unimplemented|not implemented|unknown (compression|photometric)/i,
    "image_unsupported",
  ],
];

const text = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** A decoder's failure as one of ours; `image_corrupt` when it says nothing that we know. */
export function decodeError(thrown: unknown): TesseraError {
  if (thrown instanceof TesseraError) return thrown;
  const said = text(thrown);
  const code = SAYINGS.find(([saying]) => saying.test(said))?.[1] ?? "image_corrupt";
  return new TesseraError(code, "", { cause: thrown });
}

/** An encoder's or a writer's failure: the disk is full, the file cannot be written, or it is a bug (`internal`). */
export function encodeError(thrown: unknown): TesseraError {
  if (thrown instanceof TesseraError) return thrown;
  const code = (thrown as { code?: unknown } | null)?.code;
  if (code === "ENOSPC" || code === "EDQUOT" || DISK_FULL.test(text(thrown))) {
    return new TesseraError("disk_full", "", { cause: thrown });
  }
  const unwritable = (typeof code === "string" && /^E[A-Z]+$/.test(code)) || UNWRITABLE.test(text(thrown));
  return new TesseraError(unwritable ? "file_unwritable" : "internal", "", { cause: thrown });
}
