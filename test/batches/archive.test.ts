import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unpackTar } from "modern-tar";
import { archive, type Packed } from "../../master/batches/archive.ts";
import { inLong } from "../engine/harness.ts";
import { unzip } from "./zip.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-archive-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): Packed {
  const path = join(folder, name);
  writeFileSync(path, content);
  return { name, path };
}

/** A file of so many zeros that take no room. */
function zeros(name: string, bytes: number): Packed {
  const path = join(folder, name);
  const fd = openSync(path, "w");
  ftruncateSync(fd, bytes);
  closeSync(fd);
  return { name, path };
}

async function* each(files: readonly Packed[], onEnd = () => {}): AsyncGenerator<Packed> {
  try {
    yield* files;
  } finally {
    onEnd();
  }
}

async function* bytesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
}

describe.each(["zip", "tar"] as const)("a %s", (format) => {
  const filesIn = async (stream: ReadableStream<Uint8Array>) => {
    const bytes = await new Response(stream).bytes();
    const files =
      format === "zip"
        ? unzip(bytes)
        : (await unpackTar(bytes)).map(({ header, data }) => ({ name: header.name, bytes: data! }));
    return files.map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)]);
  };

  test("has every file, with its name and its bytes", async () => {
    const long = `${"ü".repeat(120)}.png`;
    const files = [file("a.png", "first"), file("empty.png", ""), { ...file("b.png", "second"), name: long }];
    expect(await filesIn(archive(each(files), format))).toEqual([
      ...[
        ["a.png", "first"],
        ["empty.png", ""],
        [long, "second"],
      ],
    ]);
  });

  test("is whole without a file that has gone meanwhile", async () => {
    const files = [
      file("a.png", "first"),
      { name: "gone.png", path: join(folder, "gone") },
      file("c.png", "third"),
    ];
    expect((await filesIn(archive(each(files), format))).map(([name]) => name)).toEqual(["a.png", "c.png"]);
  });

  test("P5: is read no quicker than it is taken, and let go of when nobody takes the rest", async () => {
    let begun = 0;
    const ended = Promise.withResolvers<void>();
    const files = Array.from({ length: 50 }, (_, i) => zeros(`large${i}`, 8 << 20));
    const counted = each(files, ended.resolve);
    const stream = archive(
      (async function* () {
        for await (const each of counted) {
          begun++;
          yield each;
        }
      })(),
      format,
    );
    const reader = stream.getReader();
    await reader.read();
    await reader.read();
    expect(begun).toBeLessThanOrEqual(2);
    await reader.cancel().catch(() => {}); // the zip library hands the reason back as a failure
    await ended.promise;
    expect(begun).toBeLessThanOrEqual(2);
  });

  test("may be larger than 4 GiB", async () => {
    if (inLong(0, 1) === 0) return;
    const size = 4.5 * 2 ** 30;
    const files = [file("a.png", "first"), zeros("huge", size), file("z.png", "last")];
    let bytes = 0;
    let tail = Buffer.alloc(0);
    for await (const chunk of bytesOf(archive(each(files), format))) {
      bytes += chunk.length;
      tail = Buffer.concat([tail, chunk]).subarray(-4096);
    }
    expect(bytes).toBeWithin(size, size + 8192);
    expect(tail.includes("last")).toBe(true);
    if (format === "zip") expect(tail.readUInt32LE(tail.length - 42)).toBe(0x07064b50); // its ZIP64 locator
  });
});
