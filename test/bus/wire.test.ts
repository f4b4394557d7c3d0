import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  decode,
  encode,
  META_HEADER,
  type Refusal,
  VERSION_HEADER,
  type Wire,
} from "../../shared/bus/kafka/wire.ts";
import { PROTOCOL, type Result, type Task } from "../../shared/bus/messages.ts";
import type { Channels, Depth } from "../../shared/geometry.ts";
import { createRaster, type Raster, viewOf } from "../../shared/raster.ts";

const NAME = { job: "job", stage: 1, tile: 7, attempt: 2, token: "token" };

const anyRaster: fc.Arbitrary<Raster> = fc
  .record({
    x: fc.nat(10_000),
    y: fc.nat(10_000),
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    channels: fc.constantFrom<Channels>(1, 2, 3, 4),
    depth: fc.constantFrom<Depth>(8, 16),
    margin: fc.nat(3),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 100 }),
  })
  .map(({ x, y, width, height, channels, depth, margin, bytes }) => {
    const rect = { x: x - margin, y: y - margin, width: width + 2 * margin, height: height + 2 * margin };
    const whole = createRaster(rect, { channels, depth });
    for (let i = 0; i < whole.data.length; i++) whole.data[i] = bytes[i % bytes.length]! ^ i;
    return viewOf(whole, { x, y, width, height });
  });

/** The pixels as plain packed rows, by a way of its own. */
function packed({ rect, format, data, stride }: Raster): number[] {
  const row = (rect.width * format.channels * format.depth) / 8;
  return Array.from({ length: rect.height }, (_, y) => [
    ...data.subarray(y * stride, y * stride + row),
  ]).flat();
}

function taskOf(window: Raster): Task {
  const { rect, format } = window;
  const input = { width: 20_000, height: 20_000, ...format };
  const steps = [{ op: "blur", sigma: 2.5 }, { op: "invert" }];
  return { protocol: PROTOCOL, ...NAME, steps, input, out: rect, window, pixels: true, figures: false };
}

function doneOf(pixels: Raster | null, figures: Uint32Array | null): Result {
  const given = { ...(pixels && { pixels }), ...(figures && { figures }) };
  return { protocol: PROTOCOL, ...NAME, ok: true, worker: "w", ms: 1.5, ...given };
}

const pair: Wire = encode("tasks", taskOf(small()));

function small(): Raster {
  const raster = createRaster({ x: 0, y: 0, width: 2, height: 2 }, { channels: 1, depth: 8 });
  raster.data.set([1, 2, 3, 4]);
  return raster;
}

describe("messages on the wire", () => {
  test("a task comes back as it was, its window packed and in memory of its own", () => {
    fc.assert(
      fc.property(anyRaster, (window) => {
        const wire = encode("tasks", taskOf(window));
        const back = decode("tasks", wire);
        if (!back.ok) throw new Error(back.refusal);
        const { window: pixels, ...rest } = back.message;
        const { window: _, ...sent } = taskOf(window);
        expect(rest).toEqual(sent);
        expect({ rect: pixels.rect, format: pixels.format }).toEqual({
          rect: window.rect,
          format: window.format,
        });
        expect(packed(pixels)).toEqual(packed(window));
        expect(pixels.data.length).toBe(pixels.stride * pixels.rect.height);
        expect(pixels.data.buffer).not.toBe(wire.value.buffer);
      }),
    );
  });

  test("a result comes back as it was, with pixels, figures, both or none", () => {
    const figures = fc
      .uint8Array({ maxLength: 64 })
      .map((bytes) => Uint32Array.from(bytes, (b) => b * 16_843_009));
    fc.assert(
      fc.property(fc.option(anyRaster), fc.option(figures), fc.nat(7), (pixels, counts, shift) => {
        const sent = doneOf(pixels, counts);
        const { headers, value } = encode("results", sent);
        const whole = Buffer.concat([new Uint8Array(shift), value]); // a view that starts anywhere
        const back = decode("results", { headers, value: whole.subarray(shift) });
        if (!back.ok || !back.message.ok) throw new Error("refused");
        expect(back.message.figures).toEqual(counts ?? undefined);
        expect(back.message.pixels && packed(back.message.pixels)).toEqual(
          pixels ? packed(pixels) : undefined,
        );
        expect(back.message).toMatchObject({ ...NAME, worker: "w", ms: 1.5 });
      }),
    );
  });

  test("a failure comes back with its code", () => {
    const sent: Result = {
      protocol: PROTOCOL,
      ...NAME,
      ok: false,
      worker: "w",
      code: "op_failed",
      message: "no",
    };
    expect(decode("results", encode("results", sent))).toEqual({ ok: true, message: sent });
  });

  test("what a sender's objects have beyond the protocol stays behind", () => {
    const sent = taskOf(small());
    const more = { ...sent, input: { ...sent.input, x: 1 }, out: { ...sent.out, z: 1 } };
    expect(encode("tasks", more)).toEqual(encode("tasks", sent));
  });

  test("pixels travel as they are: no text around them, no byte more", () => {
    expect([...pair.value]).toEqual([1, 2, 3, 4]);
  });
});

describe("a message that was not sent by us is refused", () => {
  const meta = JSON.parse(pair.headers[META_HEADER]!);
  const withMeta = (changes: object, value = pair.value): Wire => ({
    headers: { ...pair.headers, [META_HEADER]: JSON.stringify({ ...meta, ...changes }) },
    value,
  });
  const window = (changes: object) => ({ window: { ...meta.window, ...changes } });
  const headers = (changes: Record<string, string>): Wire => ({ ...pair, headers: changes });
  const vast = { x: 0, y: 0, width: 2 ** 31, height: 2 ** 31 };

  const tasks: readonly [string, Wire, Refusal][] = [
    ["no headers", headers({}), "version"],
    ["another version", headers({ ...pair.headers, [VERSION_HEADER]: String(PROTOCOL + 1) }), "version"],
    ["no metadata", headers({ [VERSION_HEADER]: String(PROTOCOL) }), "meta"],
    ["metadata that is no JSON", headers({ ...pair.headers, [META_HEADER]: "{" }), "meta"],
    ["metadata without end", headers({ ...pair.headers, [META_HEADER]: `"${"x".repeat(2 ** 20)}"` }), "meta"],
    ["metadata that is no object", headers({ ...pair.headers, [META_HEADER]: "null" }), "schema"],
    ["a field too many", withMeta({ admin: true }), "schema"],
    ["a field missing", withMeta({ token: undefined }), "schema"],
    ["a negative tile", withMeta({ tile: -1 }), "schema"],
    ["half a tile", withMeta({ tile: 0.5 }), "schema"],
    ["steps without op", withMeta({ steps: [{}] }), "schema"],
    ["steps without end", withMeta({ steps: Array(1001).fill({ op: "invert" }) }), "schema"],
    ["five channels", withMeta(window({ format: { channels: 5, depth: 8 } })), "schema"],
    ["a side of nothing", withMeta(window({ rect: { ...meta.window.rect, width: 0 } })), "schema"],
    ["a claim of exabytes", withMeta(window({ rect: vast, bytes: 4 })), "size"],
    ["fewer bytes than claimed", withMeta({}, pair.value.subarray(1)), "size"],
    ["more bytes than claimed", withMeta({}, new Uint8Array(5)), "size"],
    ["a length that lies about the pixels", withMeta(window({ bytes: 3 }), new Uint8Array(3)), "pixels"],
    ["a result among the tasks", encode("results", doneOf(small(), null)), "schema"],
  ];
  test.each(tasks)("task: %s", (_, wire, refusal) => {
    expect(decode("tasks", wire)).toEqual({ ok: false, refusal });
  });

  const done = encode("results", doneOf(small(), Uint32Array.of(1, 2)));
  const failed = { ...NAME, ok: false, worker: "w", code: "op_failed", message: "no" };
  const metaOf = (value: object): Wire => ({
    headers: { ...done.headers, [META_HEADER]: JSON.stringify(value) },
    value: done.value,
  });
  const doneMeta = JSON.parse(done.headers[META_HEADER]!);
  const results: readonly [string, Wire, Refusal][] = [
    ["a code that is not in the table", { ...metaOf({ ...failed, code: "toString" }) }, "schema"],
    ["a failure with pixels", metaOf(failed), "size"],
    ["figures without end", metaOf({ ...doneMeta, figures: 2 ** 30 }), "size"],
    ["figures that are not there", metaOf({ ...doneMeta, figures: 3 }), "size"],
    ["pixels that are not there", { ...done, value: done.value.subarray(0, 8) }, "size"],
    ["a worker's name without end", metaOf({ ...doneMeta, worker: "w".repeat(201) }), "schema"],
  ];
  test.each(results)("result: %s", (_, wire, refusal) => {
    expect(decode("results", wire)).toEqual({ ok: false, refusal });
  });

  test("whatever bytes: decoding answers, it never throws", () => {
    const anyHeader = fc.oneof(fc.string(), fc.json());
    const version = fc.constantFrom(String(PROTOCOL), "0", "");
    fc.assert(
      fc.property(version, anyHeader, fc.uint8Array({ maxLength: 64 }), (v, text, value) => {
        const wire = { headers: { [VERSION_HEADER]: v, [META_HEADER]: text }, value };
        expect(decode("tasks", wire).ok || decode("results", wire).ok).toBe(false);
      }),
    );
  });
});
