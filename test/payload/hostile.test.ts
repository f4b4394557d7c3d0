import { describe, expect, test } from "bun:test";
import { zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { TesseraError } from "../../shared/errors.ts";
import type { PixelFormat, Rect } from "../../shared/geometry.ts";
import { loadKernels } from "../../shared/kernels/kernels.ts";
import { type Coding, decodePayload, encodePayload } from "../../shared/payload/payload.ts";
import { frameContentBytes } from "../../shared/payload/zstd_frame.ts";
import { createRaster } from "../../shared/raster.ts";
import { anyFormat, pixels } from "../ops/arbitrary.ts";

const HEADER = 12;
const kernels = loadKernels();
const RGB: PixelFormat = { channels: 3, depth: 8 };
const TILE = { x: 64, y: 128, width: 96, height: 40 };
const SIZE = 96 * 40 * 3;

const CODINGS: readonly Coding[] = ["fast", "small"];
const tilePayload = (coding: Coding = "fast"): Uint8Array =>
  encodePayload(kernels, { ...pixels(TILE, RGB, 3), rect: TILE }, { coding });

/** What decoding comes to: how many bytes, or the code of the refusal. Anything else thrown is a bug. */
function outcome(payload: Uint8Array, rect: Rect = TILE, format = RGB): number | string {
  try {
    return decodePayload(kernels, payload, rect, format).data.length;
  } catch (error) {
    if (error instanceof TesseraError) return error.code;
    throw error;
  }
}

/** The header of a good payload before another body. */
function withBody(body: Uint8Array, coding = 1): Uint8Array {
  const payload = new Uint8Array(HEADER + body.length);
  payload.set(tilePayload().subarray(0, HEADER));
  payload[1] = coding;
  payload.set(body, HEADER);
  return payload;
}

const REFUSED = "payload_damaged";

describe("a payload that is not what was asked for is refused", () => {
  test("of another size or format", () => {
    const [payload, other] = CODINGS.map(tilePayload) as [Uint8Array, Uint8Array];
    for (const good of [payload, other]) expect(outcome(good)).toBe(SIZE);
    expect(outcome(payload, { ...TILE, x: 0 })).toBe(SIZE);
    const others: [Rect, PixelFormat][] = [
      [{ ...TILE, width: 40, height: 96 }, RGB],
      [{ ...TILE, width: 97 }, RGB],
      [{ ...TILE, height: 39 }, RGB],
      [{ ...TILE, width: 192, height: 20 }, RGB],
      [TILE, { channels: 4, depth: 8 }],
      [TILE, { channels: 3, depth: 16 }],
      [
        { ...TILE, width: 144 },
        { channels: 2, depth: 8 },
      ],
    ];
    for (const [rect, format] of others)
      for (const good of [payload, other]) expect(outcome(good, rect, format)).toBe(REFUSED);
  });

  test("of another version or coding", () => {
    for (const at of [0, 1])
      for (const value of [3, 4, 127, 255]) {
        const payload = tilePayload();
        payload[at] = value;
        expect(outcome(payload)).toBe(REFUSED);
      }
    const zero = tilePayload();
    zero[0] = 0;
    expect(outcome(zero)).toBe(REFUSED);
  });

  test("that ends early, at every length, or late", () => {
    for (const payload of CODINGS.map(tilePayload)) {
      const taken: number[] = [];
      for (let length = 0; length < payload.length; length++)
        if (outcome(payload.subarray(0, length)) !== REFUSED) taken.push(length);
      expect(taken).toEqual([]);
      expect(outcome(Buffer.concat([payload, new Uint8Array(1)]))).toBe(REFUSED);
      expect(outcome(Buffer.concat([payload, payload.subarray(HEADER)]))).toBe(REFUSED);
    }
  });

  test("that has too few or too many raw pixels", () => {
    for (const bytes of [0, 1, SIZE - 1, SIZE + 1, 2 * SIZE])
      expect(outcome(withBody(new Uint8Array(bytes), 0))).toBe(REFUSED);
    expect(outcome(withBody(new Uint8Array(SIZE), 0))).toBe(SIZE);
  });
});

describe("blocks that do not add up are refused", () => {
  const BLOCKS = (96 / 16) * 40 * 3;
  const WIDTHS = BLOCKS / 2;
  const blocks = (widths: Uint8Array, bytes: number): number | string =>
    outcome(withBody(Buffer.concat([widths, new Uint8Array(bytes)]), 2));
  const all = (width: number): Uint8Array => new Uint8Array(WIDTHS).fill(width * 17);

  test("of more or fewer bytes than their widths say", () => {
    for (const width of [0, 1, 5, 8]) {
      const bytes = 2 * width * BLOCKS;
      expect(blocks(all(width), bytes)).toBe(SIZE);
      for (const wrong of [0, bytes - 2, bytes - 1, bytes + 1, bytes + 2, 1 << 20])
        if (wrong !== bytes && wrong >= 0) expect(blocks(all(width), wrong)).toBe(REFUSED);
    }
  });

  test("without taking memory for more bytes than there can be", () => {
    expect(outcome(tilePayload())).toBe(SIZE);
    const before = kernels.bytes.length;
    expect(blocks(all(8), 64 << 20)).toBe(REFUSED);
    expect(kernels.bytes.length).toBe(before);
  });

  test("of a width that there is not, in any place, whatever the sum", () => {
    for (const at of [0, 1, 7, 8, 15, 16, WIDTHS - 9, WIDTHS - 8, WIDTHS - 1])
      for (const [half, width] of [
        [1, 9],
        [1, 15],
        [16, 9],
        [16, 15],
      ] as const) {
        const widths = all(0);
        widths[at] = half * width;
        expect(blocks(widths, 2 * width)).toBe(REFUSED);
      }
  });

  test("with something in the half byte behind the last width", () => {
    const rect = { ...TILE, width: 16, height: 39 };
    const payload = withBody(new Uint8Array(59), 2); // 117 blocks
    const header = new DataView(payload.buffer);
    header.setUint32(4, rect.width, true);
    header.setUint32(8, rect.height, true);
    expect(outcome(payload, rect)).toBe(16 * 39 * 3);
    payload[payload.length - 1] = 0x10;
    expect(outcome(payload, rect)).toBe(REFUSED);
    expect(outcome(Buffer.concat([payload, new Uint8Array(2)]), rect)).toBe(REFUSED);
  });
});

describe("a bomb is refused before it is decoded", () => {
  const frameOf = (bytes: number): Uint8Array => Bun.zstdCompressSync(new Uint8Array(bytes), { level: 1 });

  test("more or fewer bytes than the raster's", () => {
    for (const bytes of [1, SIZE - 1, SIZE + 1, 2 * SIZE, 64 << 20])
      expect(outcome(withBody(frameOf(bytes)))).toBe(REFUSED);
    expect(outcome(withBody(frameOf(SIZE)))).toBe(SIZE);
  });

  test("several frames, frames to be skipped, and frames without a size", () => {
    const skippable = Buffer.from("502a4d180400000000000000", "hex");
    expect(outcome(withBody(Buffer.concat([frameOf(SIZE), frameOf(SIZE)])))).toBe(REFUSED);
    expect(outcome(withBody(Buffer.concat([frameOf(SIZE), frameOf(64 << 20)])))).toBe(REFUSED);
    expect(outcome(withBody(Buffer.concat([skippable, frameOf(SIZE)])))).toBe(REFUSED);
    expect(outcome(withBody(Buffer.concat([frameOf(SIZE), skippable])))).toBe(REFUSED);
    expect(outcome(withBody(unsized(SIZE)))).toBe(REFUSED);
    expect(outcome(withBody(unsized(1 << 30)))).toBe(REFUSED);
  });

  test("a frame that says the right size and holds another", () => {
    for (const bytes of [SIZE - 100, SIZE + 100, 8 << 20])
      expect(outcome(withBody(sized(bytes, SIZE)))).toBe(REFUSED);
    expect(outcome(withBody(sized(SIZE, SIZE)))).toBe(SIZE);
    expect(outcome(withBody(sized(SIZE, 0xffff_fff0)))).toBe(REFUSED);
  });

  test("a window of terabytes costs nothing", () => {
    const frame = sized(SIZE, SIZE);
    frame[5] = 0xff;
    const before = process.memoryUsage().rss;
    expect([SIZE, REFUSED]).toContain(outcome(withBody(frame)));
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
  });

  test("memory stays what a tile needs over many of them", () => {
    const bombs = [withBody(frameOf(256 << 20)), withBody(unsized(1 << 30)), withBody(sized(64 << 20, SIZE))];
    Bun.gc(true);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 200; i++) for (const bomb of bombs) expect(outcome(bomb)).toBe(REFUSED);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
  });
});

describe("damage never gives a crash", () => {
  test("a flipped bit, anywhere: refused, or exactly as many pixels", () => {
    for (const payload of CODINGS.map(tilePayload)) {
      const kinds = new Map<number | string, number>();
      for (let i = 0; i < 8 * payload.length; i += i < 8 * 40 ? 1 : 13) {
        const damaged = payload.slice();
        damaged[i >> 3]! ^= 1 << (i & 7);
        const kind = outcome(damaged);
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
      // both happen, and nothing else does
      expect([...kinds.keys()].sort()).toEqual([SIZE, REFUSED].sort());
    }
  });

  test("any bytes, after a good header or none", () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const magic = [0x28, 0xb5, 0x2f, 0xfd];
    const kinds = [REFUSED, SIZE];
    fc.assert(
      fc.property(bytes, fc.constantFrom("nothing", "header", "frame"), (rest, start) => {
        const body = start === "frame" ? Uint8Array.from([...magic, ...rest]) : rest;
        return kinds.includes(outcome(start === "nothing" ? body : withBody(body)));
      }),
      { numRuns: 500 },
    );
  });

  test("runs of bytes replaced, in every format", () => {
    const patch = fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 40 }));
    fc.assert(
      fc.property(
        anyFormat,
        fc.integer(),
        fc.constantFrom(...CODINGS),
        fc.array(patch, { minLength: 1, maxLength: 4 }),
        (format, seed, coding, patches) => {
          const raster = pixels({ width: 37, height: 21 }, format, seed);
          const payload = encodePayload(kernels, raster, { coding });
          for (const [at, bytes] of patches) {
            const start = at % payload.length;
            payload.set(bytes.subarray(0, payload.length - start), start);
          }
          return [raster.data.length, REFUSED].includes(outcome(payload, raster.rect, format));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("a refusal leaves the kernels and the target as they were", () => {
    for (const payload of CODINGS.map(tilePayload)) {
      const mark = kernels.mark();
      const target = new Uint8Array(SIZE).fill(3);
      const early = payload.subarray(0, 500);
      expect(() => decodePayload(kernels, early, TILE, RGB, target)).toThrow(TesseraError);
      expect(kernels.mark()).toBe(mark);
      expect(target.every((byte) => byte === 3)).toBe(true);
    }
  });
});

test("what only a bug of ours can ask for is an error of another kind", () => {
  const empty = createRaster({ x: 0, y: 0, width: 0, height: 4 }, RGB);
  expect(() => encodePayload(kernels, empty)).toThrow(RangeError);
  expect(() => encodePayload(kernels, pixels(TILE, RGB, 3), { target: new Uint8Array(SIZE + 11) })).toThrow(
    RangeError,
  );
  expect(() => decodePayload(kernels, tilePayload(), empty.rect, RGB)).toThrow(RangeError);
  expect(() => decodePayload(kernels, tilePayload(), TILE, RGB, new Uint8Array(SIZE - 1))).toThrow(
    RangeError,
  );
});

test("the size of a frame is read in each of its forms", () => {
  const noise = (bytes: number) => Uint8Array.from({ length: bytes }, (_, i) => (i * i * 7) >> 3);
  for (const bytes of [0, 1, 255, 256, 257, 65_535, 65_791, 65_792, 300_000]) {
    expect(frameContentBytes(Bun.zstdCompressSync(noise(bytes), { level: 1 }))).toBe(bytes);
    expect(frameContentBytes(zstdCompressSync(noise(bytes)))).toBe(bytes);
    expect(frameContentBytes(sized(bytes, bytes))).toBe(bytes);
    expect(frameContentBytes(eightByteSized(bytes))).toBe(bytes);
  }
});

test("a frame that needs a dictionary, or uses what is reserved, is none", () => {
  const frame = sized(1, 1);
  expect(frameContentBytes(frame)).toBe(1);
  for (const bit of [0, 1, 3]) {
    const other = frame.slice();
    other[4]! |= 1 << bit;
    expect(frameContentBytes(other)).toBeUndefined();
  }
  const reserved = frame.slice();
  reserved[10]! |= 0b110;
  expect(frameContentBytes(reserved)).toBeUndefined();
  const checksum = frame.slice();
  checksum[4]! |= 1 << 2;
  expect(frameContentBytes(checksum)).toBeUndefined();
  expect(frameContentBytes(Buffer.concat([checksum, new Uint8Array(4)]))).toBe(1);
});

/** Blocks of `bytes` zeros, each a repeated byte. */
function zeros(bytes: number): number[] {
  const blocks: number[] = [];
  let rest = bytes;
  do {
    const length = Math.min(rest, 128 << 10);
    rest -= length;
    const header = (length << 3) | (1 << 1) | (rest === 0 ? 1 : 0);
    blocks.push(header & 255, (header >> 8) & 255, header >> 16, 0);
  } while (rest > 0);
  return blocks;
}

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
const WINDOW = 0x48;

/** A frame of `bytes` zeros that names no size. */
const unsized = (bytes: number): Uint8Array => Uint8Array.from([...MAGIC, 0, WINDOW, ...zeros(bytes)]);

/** A frame of `bytes` zeros that names another size. */
function sized(bytes: number, named: number): Uint8Array {
  const size = [named & 255, (named >> 8) & 255, (named >> 16) & 255, named >>> 24];
  return Uint8Array.from([...MAGIC, 0x80, WINDOW, ...size, ...zeros(bytes)]);
}

function eightByteSized(bytes: number): Uint8Array {
  const size = new Uint8Array(new BigUint64Array([BigInt(bytes)]).buffer);
  return Uint8Array.from([...MAGIC, 0xc0, WINDOW, ...size, ...zeros(bytes)]);
}
