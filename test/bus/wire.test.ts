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
import {
  type DeadLetter,
  type Packed,
  PROTOCOL,
  type Result,
  type Task,
  type TileDone,
} from "../../shared/bus/messages.ts";
import type { Channels, Depth } from "../../shared/geometry.ts";
import { heartbeat } from "./tasks.ts";

const NAME = { master: "master", job: "job", stage: 1, tile: 7, attempt: 2, token: "token" };

/** Packed pixels; what they are packed into is nothing to the wire. */
const anyPacked: fc.Arbitrary<Packed> = fc
  .record({
    x: fc.nat(10_000),
    y: fc.nat(10_000),
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    channels: fc.constantFrom<Channels>(1, 2, 3, 4),
    depth: fc.constantFrom<Depth>(8, 16),
    payload: fc.uint8Array({ maxLength: 300 }),
  })
  .map(({ x, y, width, height, channels, depth, payload }) => ({
    rect: { x, y, width, height },
    format: { channels, depth },
    payload,
  }));

function taskOf(window: Packed): Task {
  const { rect, format } = window;
  const input = { width: 20_000, height: 20_000, ...format };
  const steps = [{ op: "blur", sigma: 2.5 }, { op: "invert" }];
  const asked = { steps, input, out: rect, window, pixels: true, figures: false };
  return { protocol: PROTOCOL, ...NAME, worker: "w", ...asked };
}

function doneOf(pixels: Packed | null, figures: Uint32Array | null): Result {
  const given = { ...(pixels && { pixels }), ...(figures && { figures }) };
  return { protocol: PROTOCOL, ...NAME, ok: true, worker: "w", ms: 1.5, ...given };
}

const pair: Wire = encode("tasks", taskOf(small()));

function small(): Packed {
  const rect = { x: 0, y: 0, width: 2, height: 2 };
  return { rect, format: { channels: 1, depth: 8 }, payload: Uint8Array.of(1, 2, 3, 4) };
}

describe("messages on the wire", () => {
  test("a task comes back as it was", () => {
    fc.assert(
      fc.property(anyPacked, (window) => {
        const sent = taskOf(window);
        expect(decode("tasks", encode("tasks", sent))).toEqual({ ok: true, message: sent });
      }),
    );
  });

  test("a task whose window is empty comes back too", () => {
    const rect = { x: 0, y: 0, width: 0, height: 0 };
    const window: Packed = { ...small(), rect, payload: new Uint8Array(0) };
    const sent = { ...taskOf(small()), window };
    expect(decode("tasks", encode("tasks", sent))).toEqual({ ok: true, message: sent });
  });

  test("a result comes back as it was, with pixels, figures, both or none", () => {
    const figures = fc
      .uint8Array({ maxLength: 64 })
      .map((bytes) => Uint32Array.from(bytes, (b) => b * 16_843_009));
    fc.assert(
      fc.property(fc.option(anyPacked), fc.option(figures), fc.nat(7), (pixels, counts, shift) => {
        const sent = doneOf(pixels, counts);
        const { headers, value } = encode("results", sent);
        const whole = Buffer.concat([new Uint8Array(shift), value]); // a view that starts anywhere
        const back = decode("results", { headers, value: whole.subarray(shift) });
        if (!back.ok || !back.message.ok) throw new Error("refused");
        const { pixels: cameBack, ...rest } = back.message;
        const { pixels: _, ...about } = sent as TileDone;
        expect(rest).toEqual(about);
        expect(cameBack && [...(cameBack as Packed).payload]).toEqual(
          pixels ? [...pixels.payload] : undefined,
        );
        expect(cameBack?.rect).toEqual(pixels?.rect);
      }),
    );
  });

  test("a heartbeat and a dead letter come back as they were", () => {
    const beat = heartbeat("w", { partitions: [3, 1], ops: { blur: "abc" } });
    expect(decode("heartbeats", encode("heartbeats", beat))).toEqual({ ok: true, message: beat });
    const { token: _, ...name } = NAME;
    const { steps, input, out } = taskOf(small());
    const about = {
      steps,
      input,
      out,
      workers: ["a", "b"],
      code: "tile_lost",
      message: "gone",
      atMs: Date.UTC(2030, 1),
    } as const;
    const letter: DeadLetter = { protocol: PROTOCOL, ...name, ...about };
    expect(decode("dead-letters", encode("dead-letters", letter))).toEqual({ ok: true, message: letter });
  });

  test("P8: a heartbeat of another version is understood as far as this one knows it", () => {
    const beat = { ...heartbeat("w"), protocol: PROTOCOL + 1 };
    const { headers, value } = encode("heartbeats", beat);
    const meta = { ...JSON.parse(headers[META_HEADER]!), mood: "fine" };
    const wire = { headers: { ...headers, [META_HEADER]: JSON.stringify(meta) }, value };
    expect(decode("heartbeats", wire)).toEqual({ ok: true, message: beat });
  });

  test("P4: a task of another version is not read, but can be sent back, and what is sent back is understood", () => {
    const sent = { ...taskOf(small()), protocol: PROTOCOL + 1 };
    const { headers, value } = encode("tasks", sent);
    const meta = { ...JSON.parse(headers[META_HEADER]!), mood: "fine" };
    const wire = { headers: { ...headers, [META_HEADER]: JSON.stringify(meta) }, value };
    expect(decode("tasks", wire)).toEqual({ ok: false, refusal: "version", tile: NAME });
    const about = { ...NAME, worker: "w", message: "" };
    const back: Result = { protocol: PROTOCOL + 1, ...about, ok: false, code: "tile_misdelivered" };
    expect(decode("results", encode("results", back))).toEqual({ ok: true, message: back });
    for (const other of [{ ...back, code: "op_failed" } as const, { ...doneOf(small(), null), protocol: 99 }])
      expect(decode("results", encode("results", other))).toEqual({ ok: false, refusal: "version" });
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
    ["a side of less than nothing", withMeta(window({ rect: { ...meta.window.rect, width: -1 } })), "schema"],
    ["a claim of exabytes", withMeta(window({ rect: vast, bytes: 4 })), "size"],
    ["fewer bytes than claimed", withMeta({}, pair.value.subarray(1)), "size"],
    ["more bytes than claimed", withMeta({}, new Uint8Array(5)), "size"],
    ["an empty window with bytes", withMeta(window({ rect: { ...meta.window.rect, width: 0 } })), "size"],
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
