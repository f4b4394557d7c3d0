import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { makeZip } from "client-zip";
import { createTarPacker } from "modern-tar";

const CHUNK_BYTES = 256 << 10;

/** A file to be packed. */
export interface Packed {
  /** In the archive. */
  readonly name: string;
  readonly path: string;
}

/**
 * The files in one archive, read as it is taken and no quicker; what they hold is compressed already. A file that is gone
 * by the time that its turn comes is left out. Whoever does not want the rest cancels the stream.
 */
export function archive(files: AsyncIterable<Packed>, format: "zip" | "tar"): ReadableStream<Uint8Array> {
  const entries = present(files);
  return format === "zip" ? makeZip(zipped(entries)) : tar(entries);
}

interface Entry extends Packed {
  readonly size: number;
  readonly lastModified: Date;
}

async function* present(files: AsyncIterable<Packed>): AsyncGenerator<Entry> {
  for await (const file of files) {
    const found = await stat(file.path).catch(() => undefined);
    if (found !== undefined) yield { ...file, size: found.size, lastModified: found.mtime };
  }
}

async function* zipped(entries: AsyncIterable<Entry>) {
  for await (const { name, path, size, lastModified } of entries)
    yield { name, size, lastModified, input: bytesOf(path) };
}

const bytesOf = (path: string): AsyncIterable<Uint8Array> =>
  createReadStream(path, { highWaterMark: CHUNK_BYTES });

function tar(entries: AsyncIterable<Entry>): ReadableStream<Uint8Array> {
  const { readable, controller } = createTarPacker();
  const pack = async (): Promise<void> => {
    for await (const { name, path, size, lastModified: mtime } of entries) {
      const writer = controller.add({ name, size, mtime }).getWriter();
      for await (const chunk of bytesOf(path)) await writer.write(chunk as Uint8Array<ArrayBuffer>);
      await writer.close();
    }
    controller.finalize();
  };
  pack().catch((thrown) => controller.error(thrown)); // also when it is not wanted any more
  return readable;
}
