import { constants, createReadStream } from "node:fs";
import { access, copyFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { TesseraError } from "../../shared/errors.ts";

/** Fails early, before any work, where nothing could be written. @throws TesseraError `file_unwritable` */
export async function checkWritable(folder: string): Promise<void> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new TesseraError("file_unwritable", `The folder ${folder} cannot be written to.`, { cause });
  }
}

/** Moves a finished file into its place: whole or not at all, on the same disk or from another. */
export async function moveInto(finished: string, place: string): Promise<void> {
  const temporary = join(dirname(place), `.${basename(place)}.${process.pid}.tmp`);
  try {
    try {
      await rename(finished, place);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
      await copyFile(finished, temporary);
      await rename(temporary, place);
    }
  } catch (cause) {
    await rm(temporary, { force: true });
    const full = (cause as NodeJS.ErrnoException).code === "ENOSPC";
    throw new TesseraError(full ? "disk_full" : "file_unwritable", `Writing ${place} failed.`, { cause });
  }
}

export const copyToStdout = (finished: string): Promise<void> =>
  pipeline(createReadStream(finished, { highWaterMark: 2 ** 20 }), process.stdout, { end: false });
