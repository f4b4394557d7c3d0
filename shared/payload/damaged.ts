import { TesseraError } from "../errors.ts";

export const damaged = (detail: string, cause?: unknown): TesseraError =>
  new TesseraError("payload_damaged", detail, cause === undefined ? undefined : { cause });
