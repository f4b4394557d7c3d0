import type { ErrorCode } from "../../shared/errors.ts";
import {
  box,
  jpegSegment,
  patched,
  pngChunk,
  pngOf,
  randomBytes,
  text,
  u32le,
  validFiles,
  zipOf,
} from "./broken_files.ts";

/** Where a file must be stopped; "decodes" for damage that no decoder notices. */
export type Stop = "probe" | "ingest" | "decodes";
export type Row = readonly [what: string, bytes: Buffer, stop: Stop, code?: ErrorCode];

const { jpeg, progressive, png, webp, avif, tiff, gif } = await validFiles();
const cat = (...parts: Buffer[]): Buffer => Buffer.concat(parts);

export function truncations(): Row[] {
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

export const OTHER_KINDS: Row[] = [
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

export const TWO_AT_ONCE: Row[] = [
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
