import { describe, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { ingest } from "../../master/ingest/ingest.ts";
import { probe } from "../../master/probe/probe.ts";
import type { Probe } from "../../master/probe/types.ts";
import { type ErrorCode, TesseraError } from "../../shared/errors.ts";
import {
  box,
  gifOf,
  jpegFrame,
  jpegSegment,
  jpegSized,
  PNG_SIGNATURE,
  patched,
  pngChunk,
  pngOf,
  randomBytes,
  text,
  tiffOf,
  u32be,
  u32le,
  validFiles,
  zipOf,
} from "./broken_files.ts";
import { inFolder, LIMITS } from "./pictures.ts";

/** Where a file must be stopped; "decodes" for damage that no decoder notices. */
type Stop = "probe" | "ingest" | "decodes";
type Row = readonly [what: string, bytes: Buffer, stop: Stop, code?: ErrorCode];

const valid = await validFiles();
const { jpeg, progressive, png, webp, avif, tiff, gif } = valid;
const cat = (...parts: Buffer[]): Buffer => Buffer.concat(parts);
const black = (bytes: number): Buffer => deflateSync(Buffer.alloc(bytes));

function truncations(): Row[] {
  const rows: Row[] = [];
  for (const [name, bytes] of Object.entries({ jpeg, progressive, png, webp, avif, tiff, gif })) {
    for (const share of [0.02, 0.1, 0.3, 0.5, 0.8, 0.97]) {
      const length = Math.floor(bytes.length * share);
      const row: Row = [
        `${name} cut at ${share * 100} %`,
        bytes.subarray(0, length),
        "probe",
        "image_truncated",
      ];
      if (length >= 16) rows.push(row);
    }
    // of a GIF only the closing byte is missing then, and of its one picture nothing
    if (name === "gif") rows.push(["gif without its last byte", bytes.subarray(0, -1), "decodes"]);
    else rows.push([`${name} without its last byte`, bytes.subarray(0, -1), "probe", "image_truncated"]);
  }
  const half = jpeg.subarray(0, jpeg.length >> 1);
  // the decoder fills up with gray and only warns, as it does of much that is harmless
  rows.push(["jpeg cut, an end marker put after", cat(half, Buffer.from([0xff, 0xd9])), "decodes"]);
  const cut = png.subarray(0, png.length >> 1);
  rows.push(["png cut, an end chunk put after", cat(cut, pngChunk("IEND")), "ingest", "image_corrupt"]);
  return rows;
}

const OTHER_KINDS: Row[] = [
  ["no bytes", Buffer.alloc(0), "probe", "image_empty"],
  ["one byte", Buffer.from([0xff]), "probe", "image_unknown_type"],
  ["two bytes of jpeg", Buffer.from([0xff, 0xd8]), "probe", "image_unknown_type"],
  ["random bytes", randomBytes(5000), "probe", "image_unknown_type"],
  ["zeros", Buffer.alloc(5000), "probe", "image_unknown_type"],
  ["plain text", text("hello, this is no image at all"), "probe", "image_unknown_type"],
  ["json", text('{"width": 5}'), "probe", "image_unknown_type"],
  [
    "svg",
    text('<svg xmlns="http://www.w3.org/2000/svg" width="5" height="5"/>'),
    "probe",
    "image_type_refused",
  ],
  ["svg after white space", text("\n\n  <svg/>"), "probe", "image_type_refused"],
  ["xml", text('<?xml version="1.0"?><svg/>'), "probe", "image_type_refused"],
  ["svg in UTF-16", Buffer.from("\ufeff<svg/>", "utf16le"), "probe", "image_type_refused"],
  ["html", text("<!DOCTYPE html><script>alert(1)</script>"), "probe", "image_type_refused"],
  ["php", text("<?php system('id'); ?>"), "probe", "image_type_refused"],
  ["pdf", text("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), "probe", "image_type_refused"],
  ["postscript", text("%!PS-Adobe-3.0 EPSF-3.0\n"), "probe", "image_type_refused"],
  [
    "eps with a preview",
    cat(Buffer.from([0xc5, 0xd0, 0xd3, 0xc6]), Buffer.alloc(60)),
    "probe",
    "image_type_refused",
  ],
  ["zip", zipOf("a.txt", "hello"), "probe", "image_type_refused"],
  ["elf", cat(text("\x7fELF\x02\x01\x01"), Buffer.alloc(60)), "probe", "image_type_refused"],
  ["windows program", cat(text("MZ\x90"), Buffer.alloc(60)), "probe", "image_type_refused"],
  ["shell script", text("#!/bin/sh\nrm -rf /\n"), "probe", "image_type_refused"],
  [
    "a canvas of our own (.v)",
    cat(Buffer.from([0xb6, 0xa6, 0xf2, 0x08]), Buffer.alloc(60)),
    "probe",
    "image_type_refused",
  ],
  ["bmp", cat(text("BM"), Buffer.alloc(60)), "probe", "image_type_refused"],
  ["ico", cat(Buffer.from([0, 0, 1, 0, 1, 0]), Buffer.alloc(60)), "probe", "image_type_refused"],
  ["psd", cat(text("8BPS\0\x01"), Buffer.alloc(60)), "probe", "image_type_refused"],
  [
    "jpeg 2000",
    cat(Buffer.from([0, 0, 0, 12]), text("jP  \r\n\x87\n"), Buffer.alloc(60)),
    "probe",
    "image_type_refused",
  ],
  ["jpeg xl", cat(Buffer.from([0xff, 0x0a]), Buffer.alloc(60)), "probe", "image_type_refused"],
  [
    "mp4",
    cat(box("ftyp", text("isom\0\0\0\0mp42")), box("mdat", Buffer.alloc(99))),
    "probe",
    "image_type_refused",
  ],
  [
    "heic",
    cat(box("ftyp", text("heic\0\0\0\0mif1heic")), box("mdat", Buffer.alloc(99))),
    "probe",
    "image_type_refused",
  ],
  ["wave", cat(text("RIFF"), u32le(40), text("WAVEfmt "), Buffer.alloc(40)), "probe", "image_type_refused"],
  ["pnm", text("P6\n2 2\n255\nabcdefghijkl"), "probe", "image_type_refused"],
  ["gzip", cat(Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.alloc(60)), "probe", "image_type_refused"],
  ["openexr", cat(text("v/1\x01"), Buffer.alloc(60)), "probe", "image_type_refused"],
  ["sqlite", text("SQLite format 3\0"), "probe", "image_type_refused"],
];

const comment = (content: string): Buffer =>
  cat(jpeg.subarray(0, 2), jpegSegment(0xfe, text(content)), jpeg.subarray(2));

const TWO_AT_ONCE: Row[] = [
  ["jpeg + zip", cat(jpeg, zipOf("a.txt", "hello")), "probe", "image_polyglot"],
  ["png + zip", cat(png, zipOf("a.txt", "hello")), "probe", "image_polyglot"],
  ["gif + zip (gifar)", cat(gif, zipOf("A.class", "hello")), "probe", "image_polyglot"],
  ["webp + zip", cat(webp, zipOf("a.txt", "hello")), "probe", "image_polyglot"],
  ["tiff + zip", cat(tiff, zipOf("a.txt", "hello")), "probe", "image_polyglot"],
  [
    "jpeg + zeros + zip",
    cat(jpeg, Buffer.alloc(100_000), zipOf("a.txt", "hello")),
    "probe",
    "image_polyglot",
  ],
  ["jpeg + start of a zip", cat(jpeg, text("PK\x03\x04 and so on")), "probe", "image_polyglot"],
  [
    "zip in a jpeg's comment",
    cat(comment("zip"), zipOf("a", "b"), Buffer.alloc(20)),
    "probe",
    "image_polyglot",
  ],
  ["png + php", cat(png, text("\n<?php system($_GET['c']); ?>")), "probe", "image_polyglot"],
  [
    "php in a png's text",
    pngOf({ before: pngChunk("tEXt", text("a\0<?php phpinfo();")) }),
    "probe",
    "image_polyglot",
  ],
  ["script in a jpeg's comment", comment("<script>alert(1)</script>"), "probe", "image_polyglot"],
  ["jpeg + html", cat(jpeg, text("<html><body>hello")), "probe", "image_polyglot"],
  ["png + svg", cat(png, text("<svg onload='alert(1)'/>")), "probe", "image_polyglot"],
  ["pdf in a jpeg's head", comment("%PDF-1.4 1 0 obj"), "probe", "image_polyglot"],
  ["jpeg + pdf", cat(jpeg, Buffer.alloc(40), text("%PDF-1.4\n1 0 obj")), "probe", "image_polyglot"],
  ["png + elf", cat(png, text("\x7fELF\x02\x01\x01")), "probe", "image_polyglot"],
  ["png + windows program", cat(png, text("MZ\x90\0\x03")), "probe", "image_polyglot"],
  ["jpeg + shell script", cat(jpeg, text("#!/bin/sh\n")), "probe", "image_polyglot"],
  ["gif + javascript", cat(patched(gif, 6, text("/*")), text("*/=1;alert(1)")), "probe", "image_polyglot"],
  ["webp + script", cat(webp, text("<script src=x></script>")), "probe", "image_polyglot"],
];

const HEADERS: Row[] = [
  ["jpeg 0 × 0", jpegSized(jpeg, 0, 0), "probe", "image_header_invalid"],
  ["jpeg 160 × 0", jpegSized(jpeg, 160, 0), "probe", "image_header_invalid"],
  ["jpeg 65535 × 65535", jpegSized(jpeg, 65_535, 65_535), "probe", "image_too_many_pixels"],
  ["jpeg 5000 × 5000 of a small one", jpegSized(jpeg, 5000, 5000), "probe", "image_header_invalid"],
  ["jpeg twice as high as its data", jpegSized(jpeg, 160, 240), "decodes"],
  ["jpeg of 2 components", patched(jpeg, jpegFrame(jpeg) + 9, [2]), "probe", "image_header_invalid"],
  ["jpeg of 12 bits", patched(jpeg, jpegFrame(jpeg) + 4, [12]), "probe", "image_unsupported"],
  ["lossless jpeg", patched(jpeg, jpegFrame(jpeg) + 1, [0xc3]), "probe", "image_unsupported"],
  ["jpeg without a frame", patched(jpeg, jpegFrame(jpeg) + 1, [0xfe]), "probe", "image_header_invalid"],
  [
    "jpeg of nothing but start and end",
    Buffer.from([0xff, 0xd8, 0xff, 0xd9]),
    "probe",
    "image_header_invalid",
  ],
  [
    "jpeg with a segment of length 0",
    cat(jpeg.subarray(0, 2), Buffer.from([0xff, 0xfe, 0, 0]), jpeg.subarray(2)),
    "probe",
    "image_corrupt",
  ],
  [
    "jpeg magic, then random bytes",
    cat(Buffer.from([0xff, 0xd8, 0xff]), randomBytes(9000, 7)),
    "probe",
    "image_truncated",
  ],
  [
    "progressive jpeg above the bound",
    cat(jpegSized(progressive, 6000, 6000), Buffer.alloc(80_000, 1)),
    "probe",
    "image_unbounded_format",
  ],

  ["png 0 × 0", pngOf({ width: 0, height: 0 }), "probe", "image_header_invalid"],
  ["png 65535 × 65535", pngOf({ width: 65_535, height: 65_535 }), "probe", "image_too_many_pixels"],
  [
    "png 1 × 10,000,000",
    pngOf({ width: 1, height: 10_000_000, data: black(10_000_000) }),
    "probe",
    "image_side_too_long",
  ],
  [
    "png 10,000,000 × 1",
    pngOf({ width: 10_000_000, height: 1, data: black(30_000_001) }),
    "probe",
    "image_side_too_long",
  ],
  [
    "png bomb, 20000 × 20000 gray",
    pngOf({ width: 20_000, height: 20_000, depth: 1, colour: 0, data: black(20_000 * 2501) }),
    "probe",
    "image_too_many_pixels",
  ],
  [
    "png bomb cut short",
    pngOf({ width: 9000, height: 9000, depth: 16, colour: 6 }),
    "probe",
    "image_header_invalid",
  ],
  [
    "interlaced png above the bound",
    pngOf({ width: 5000, height: 5000, colour: 0, interlace: 1, data: black(26_000_000) }),
    "probe",
    "image_unbounded_format",
  ],
  ["png side of 2^31", pngOf({ width: 2 ** 31, height: 1 }), "probe", "image_header_invalid"],
  ["png of 3 bits", pngOf({ depth: 3, colour: 0 }), "probe", "image_header_invalid"],
  ["png of colour type 5", pngOf({ colour: 5 }), "probe", "image_header_invalid"],
  ["png of interlace method 2", pngOf({ interlace: 2 }), "probe", "image_header_invalid"],
  ["png of compression method 1", pngOf({ method: 1 }), "probe", "image_header_invalid"],
  ["png with a wrong header sum", patched(png, 29, [1, 2, 3, 4]), "probe", "image_corrupt"],
  [
    "png that begins with data",
    cat(PNG_SIGNATURE, pngChunk("IDAT", black(100)), pngChunk("IEND")),
    "probe",
    "image_corrupt",
  ],
  ["png magic, then random bytes", cat(PNG_SIGNATURE, randomBytes(9000, 7)), "probe", "image_corrupt"],
  [
    "png palette image without a palette",
    pngOf({ colour: 3, data: black(20 * 21) }),
    "probe",
    "image_corrupt",
  ],
  ["png higher than its data", pngOf({ width: 20, height: 30 }), "ingest", "image_corrupt"],
  ["png of data that is not deflate", pngOf({ data: randomBytes(1220, 3) }), "ingest", "image_corrupt"],
  [
    "png with an unknown row filter",
    pngOf({ data: deflateSync(Buffer.alloc(20 * 61, 9)) }),
    "ingest",
    "image_corrupt",
  ],
  ["png with empty data", pngOf({ data: Buffer.alloc(0) }), "ingest", "image_corrupt"],
  [
    "png with a damaged byte",
    patched(png, png.length >> 1, [png[png.length >> 1]! ^ 0x55]),
    "ingest",
    "image_corrupt",
  ],

  ["gif screen 65535 × 65535", gifOf({ screen: [65_535, 65_535] }), "probe", "image_too_many_pixels"],
  ["gif screen 10000 × 10000", gifOf({ screen: [10_000, 10_000] }), "probe", "image_unbounded_format"],
  ["gif screen 0 × 0", gifOf({ screen: [0, 0] }), "probe", "image_header_invalid"],
  [
    "gif frame beyond all bounds",
    gifOf({ screen: [1, 1], frame: [65_535, 65_535] }),
    "probe",
    "image_too_many_pixels",
  ],
  ["gif frame of no size", gifOf({ frame: [0, 0] }), "probe", "image_header_invalid"],
  ["gif of no frame", gifOf({ frames: 0 }), "probe", "image_header_invalid"],
  ["gif magic, then random bytes", cat(text("GIF89a"), randomBytes(9000, 7)), "probe", "image_corrupt"],
  ["gif of 20,000 frames", gifOf({ frames: 20_000 }), "decodes"],

  [
    "webp with a size beyond the file",
    patched(webp, 4, u32le(webp.length + 100)),
    "probe",
    "image_truncated",
  ],
  ["webp with a size of 4 GB", patched(webp, 4, [0xff, 0xff, 0xff, 0xff]), "probe", "image_truncated"],
  ["webp with a size of 0", patched(webp, 4, u32le(0)), "probe", "image_corrupt"],
  ["webp without its start code", patched(webp, 23, [0, 0, 0]), "probe", "image_corrupt"],
  [
    "webp magic, then random bytes",
    cat(text("RIFF"), u32le(8000), text("WEBP"), randomBytes(9000, 7)),
    "probe",
    "image_truncated",
  ],
  [
    "webp canvas of 16 million squared",
    cat(
      text("RIFF"),
      u32le(40),
      text("WEBPVP8X"),
      u32le(10),
      Buffer.alloc(4),
      Buffer.alloc(6, 255),
      webp.subarray(12, 34),
    ),
    "probe",
    "image_truncated",
  ],
  [
    "webp of unknown chunks",
    cat(text("RIFF"), u32le(4 + 12), text("WEBPABCD"), u32le(4), Buffer.alloc(4)),
    "probe",
    "image_corrupt",
  ],

  [
    "avif magic, then random bytes",
    cat(box("ftyp", text("avif\0\0\0\0avifmif1")), randomBytes(9000, 7)),
    "probe",
    "image_truncated",
  ],
  ["avif of its first box", box("ftyp", text("avif\0\0\0\0avifmif1")), "probe", "image_corrupt"],
  [
    "avif without properties",
    cat(box("ftyp", text("avif\0\0\0\0avifmif1")), box("meta", Buffer.alloc(4))),
    "probe",
    "image_header_invalid",
  ],
  [
    "avif 60000 × 60000",
    patched(avif, avif.indexOf("ispe") + 8, cat(u32be(60_000), u32be(60_000))),
    "probe",
    "image_too_many_pixels",
  ],
  ["avif 0 × 0", patched(avif, avif.indexOf("ispe") + 8, Buffer.alloc(8)), "probe", "image_header_invalid"],
  ["avif box of length 1", patched(avif, avif.indexOf("iprp") - 4, u32be(3)), "probe", "image_corrupt"],
  [
    "avif of random data",
    patched(avif, avif.indexOf("mdat") + 4, randomBytes(avif.length - avif.indexOf("mdat") - 4, 5)),
    "ingest",
    "image_corrupt",
  ],

  ["tiff 0 × 0", tiffOf({ width: 0, height: 0 }), "probe", "image_header_invalid"],
  ["tiff 2 billion squared", tiffOf({ width: 2e9, height: 2e9 }), "probe", "image_side_too_long"],
  ["tiff 65535 × 65535", tiffOf({ width: 65_535, height: 65_535 }), "probe", "image_too_many_pixels"],
  ["tiff 1 × 10,000,000", tiffOf({ width: 1, height: 10_000_000 }), "probe", "image_side_too_long"],
  ["tiff whose directory is its own next", tiffOf({ next: 8 }), "probe", "image_header_invalid"],
  ["tiff directory beyond the end", patched(tiffOf({}), 4, u32le(5_000_000)), "probe", "image_truncated"],
  ["tiff directory at 0", patched(tiffOf({}), 4, u32le(0)), "probe", "image_header_invalid"],
  ["tiff next directory beyond the end", tiffOf({ next: 1_000_000 }), "probe", "image_truncated"],
  ["tiff pixels beyond the end", tiffOf({ extra: [[273, 4, 5_000_000]] }), "probe", "image_truncated"],
  ["tiff strip longer than the file", tiffOf({ extra: [[279, 4, 4_000_000]] }), "probe", "image_truncated"],
  [
    "tiff array of 4 billion offsets",
    tiffOf({ extra: [[273, 4, 100, 0xffffffff]] }),
    "probe",
    "image_truncated",
  ],
  ["tiff without pixels", tiffOf({ without: [273, 279] }), "probe", "image_header_invalid"],
  [
    "tiff of floating point",
    tiffOf({
      extra: [
        [258, 3, 32],
        [339, 3, 3],
      ],
    }),
    "probe",
    "image_unsupported",
  ],
  ["tiff of 64 bits", tiffOf({ extra: [[258, 3, 64]] }), "probe", "image_unsupported"],
  ["tiff of 9 samples", tiffOf({ extra: [[277, 3, 9]] }), "probe", "image_unsupported"],
  ["tiff in Lab", tiffOf({ extra: [[262, 3, 8]] }), "probe", "image_unsupported"],
  ["tiff of unknown compression", tiffOf({ extra: [[259, 3, 12_345]] }), "ingest", "image_unsupported"],
  ["camera raw (dng)", tiffOf({ extra: [[50_706, 1, 1, 4]] }), "probe", "image_unsupported"],
  ["camera raw (cr2)", patched(tiffOf({}), 8, text("CR")), "probe", "image_unsupported"],
  ["tiff of 0 entries", patched(tiffOf({}), 8, [0, 0]), "probe", "image_corrupt"],
  [
    "tiff of tiles without size",
    tiffOf({
      without: [273],
      extra: [
        [322, 4, 0],
        [323, 4, 0],
        [324, 4, 1000],
      ],
    }),
    "probe",
    "image_header_invalid",
  ],
  [
    "tiff magic, then random bytes",
    cat(text("II*\0"), u32le(8), randomBytes(9000, 7)),
    "probe",
    "image_truncated",
  ],
];

const DAMAGED: Row[] = [
  ["tiff with damaged deflate", patched(tiff, 2000, randomBytes(2000, 4)), "ingest", "image_corrupt"],
  // entropy damage: the decoders resynchronise or draw on, and say nothing
  [
    "jpeg with damage in its scan",
    patched(
      jpeg,
      jpeg.length - 1500,
      randomBytes(100, 4).map((b) => b & 0x7f),
    ),
    "decodes",
  ],
  ["webp with damage at its end", patched(webp, webp.length - 200, randomBytes(100, 4)), "decodes"],
  // real files: what phones and editors put after an image is no fault
  ["jpeg + zeros", cat(jpeg, Buffer.alloc(300)), "decodes"],
  ["jpeg + a second jpeg (gain map)", cat(jpeg, jpeg), "decodes"],
  [
    "jpeg + a video (motion photo)",
    cat(jpeg, box("ftyp", text("mp42\0\0\0\0isom")), randomBytes(200_000)),
    "decodes",
  ],
  ["png + a line feed", cat(png, text("\n")), "decodes"],
  ["tiff of a true gray image", tiffOf({}), "decodes"],
];

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
    for (const bytes of [jpeg, progressive, png, webp, avif, tiff, gif]) {
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
