import { constants, createReadStream, createWriteStream } from "node:fs";
import { access, copyFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
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
export const moveInto = (finished: string, place: string): Promise<void> =>
  wholeOrNot(place, async (temporary) => {
    try {
      await rename(finished, place);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
      await copyFile(finished, temporary);
      await rename(temporary, place);
    }
  });

/** Writes what comes into its place: whole or not at all. */
export const receiveInto = (stream: globalThis.ReadableStream<Uint8Array>, place: string): Promise<void> =>
  wholeOrNot(place, async (temporary) => {
    await pipeline(readable(stream), createWriteStream(temporary, { flush: true }));
    await rename(temporary, place);
  });

async function wholeOrNot(place: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = join(dirname(place), `.${basename(place)}.${process.pid}.tmp`);
  try {
    await write(temporary);
  } catch (cause) {
    await rm(temporary, { force: true });
    if (cause instanceof TesseraError) throw cause;
    const full = (cause as NodeJS.ErrnoException).code === "ENOSPC";
    throw new TesseraError(full ? "disk_full" : "file_unwritable", `Writing ${place} failed.`, { cause });
  }
}

export const copyToStdout = (finished: string): Promise<void> =>
  pipeline(createReadStream(finished, { highWaterMark: 2 ** 20 }), process.stdout, { end: false });

export const sendToStdout = (stream: globalThis.ReadableStream<Uint8Array>): Promise<void> =>
  pipeline(readable(stream), process.stdout, { end: false });

const readable = (stream: globalThis.ReadableStream<Uint8Array>): Readable =>
  Readable.fromWeb(stream as unknown as ReadableStream<Uint8Array>);
