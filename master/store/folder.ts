import { mkdirSync } from "node:fs";
import { TesseraError } from "../../shared/errors.ts";

/** Makes a master's folder if it is not there, for this user only. @throws folder_unusable */
export function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unusable(cause);
  }
}

/** Of a file or a folder that the system does not let us have: its own code says why. */
export function unusable(cause: unknown): TesseraError {
  const { code = "", path = "" } = cause as { readonly code?: string; readonly path?: string };
  return new TesseraError("folder_unusable", `It was ${path} (${code}).`, { cause });
}
