import { describe, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ingest } from "../../master/ingest/ingest.ts";
import { FileBytes } from "../../master/probe/bytes.ts";
import { probe } from "../../master/probe/probe.ts";
import { readTiff } from "../../master/probe/tiff.ts";
import type { Probe } from "../../master/probe/types.ts";
import { type ErrorCode, TesseraError } from "../../shared/errors.ts";
import { inFolder } from "../support/folder.ts";
import { tiffOf, validFiles } from "./broken_files.ts";
import { DAMAGED, HEADERS } from "./hostile_headers.ts";
import { OTHER_KINDS, type Row, type Stop, TWO_AT_ONCE, truncations } from "./hostile_kinds.ts";
import { LIMITS } from "./pictures.ts";

const ROWS: Row[] = [...truncations(), ...OTHER_KINDS, ...TWO_AT_ONCE, ...HEADERS, ...DAMAGED];

/** How far the file comes, and with which code it ends. */
async function follow(folder: string, path: string): Promise<[Stop, ErrorCode?]> {
  const codeOf = (thrown: unknown): ErrorCode => {
    if (!(thrown instanceof TesseraError)) throw thrown;
    expect(thrown.message).not.toContain(folder);
    return thrown.code;
  };
  let probed: Probe;
  try {
    probed = await probe(path, LIMITS);
  } catch (thrown) {
    return ["probe", codeOf(thrown)];
  }
  try {
    const canvas = join(folder, "canvas.v");
    await ingest(path, probed, canvas, { profile: "srgb", pixelsMax: LIMITS.pixelsMax }).done;
    return ["decodes"];
  } catch (thrown) {
    return ["ingest", codeOf(thrown)];
  }
}

describe("hostile and broken files", () => {
  for (const [what, bytes, stop, code] of ROWS) {
    test(`${what}: ${code ?? "decodes"}`, async () => {
      await inFolder(async (folder) => {
        const path = join(folder, "upload.png");
        writeFileSync(path, bytes);
        expect(await follow(folder, path)).toEqual(code === undefined ? [stop] : [stop, code]);
        const left = stop === "decodes" ? ["canvas.v", "upload.png"] : ["upload.png"];
        expect(readdirSync(folder).sort()).toEqual(left);
      });
    });
  }

  test("there are at least 60 that are refused, and each row differs", () => {
    expect(ROWS.filter(([, , stop]) => stop !== "decodes").length).toBeGreaterThanOrEqual(60);
    expect(new Set(ROWS.map(([what]) => what)).size).toBe(ROWS.length);
  });

  test("files that are whole are let in", async () => {
    for (const bytes of Object.values(await validFiles())) {
      await inFolder(async (folder) => {
        const path = join(folder, "upload");
        writeFileSync(path, bytes);
        expect(await follow(folder, path)).toEqual(["decodes"]);
      });
    }
  });
});

test("a file that is not there is told", async () => {
  expect(await probe("/nowhere/at/all", LIMITS).catch((thrown: unknown) => thrown)).toMatchObject({
    code: "file_not_found",
  });
});

test("P5: a tiff's pages are each read at once, however many entries they have", async () => {
  class Counted extends FileBytes {
    reads = 0;
    override read(at: number, length: number): Buffer {
      this.reads++;
      return super.read(at, length);
    }
  }
  // Directories of 250 entries that lie over each other, four bytes apart.
  const [pages, entries, at] = [700, 250, 70_000];
  const file = Buffer.alloc(at + 2 + entries * 12 + 4 * pages);
  tiffOf({ next: at }).copy(file);
  for (let page = 0; page < pages; page++) {
    const place = at + 4 * page;
    file.writeUInt16LE(entries, place);
    file.writeUInt32LE(page + 1 < pages ? place + 4 : 0, place + 2 + entries * 12);
  }
  await inFolder(async (folder) => {
    const path = join(folder, "pages.tif");
    writeFileSync(path, file);
    const counted = new Counted(path);
    expect(readTiff(counted)).toMatchObject({ width: 20, height: 20 });
    counted.close();
    expect(counted.reads).toBeLessThan(10 * pages);
  });
});
