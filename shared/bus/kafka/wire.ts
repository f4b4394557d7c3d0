/**
 * A message as Kafka carries it. Headers: `tessera`, the protocol's version; `meta`, what the message says, as JSON.
 * Value: pixels, then figures (unsigned, 32 bit, little-endian). What arrives is a stranger's until it is checked.
 */
import { isErrorCode } from "../../errors.ts";
import type { Rect } from "../../geometry.ts";
import type { Raster } from "../../raster.ts";
import { PROTOCOL, type Result, type Task } from "../messages.ts";
import type { Messages, Topic } from "../port.ts";
import { decodePixels, encodePixels, pixelBytes } from "./pixels.ts";
import {
  type DoneMeta,
  type FailedMeta,
  isResultMeta,
  isTaskMeta,
  type PixelsMeta,
  type TaskMeta,
} from "./schema.ts";

export const VERSION_HEADER = "tessera";
export const META_HEADER = "meta";

/** A header's JSON; a pipeline of the longest kind stays far below. */
const META_BYTES_MAX = 1024 * 1024;
/** Pixels of one message, unpacked. The planner's windows stay below. */
const PIXEL_BYTES_MAX = 256 * 1024 * 1024;
/** Four histograms of 65,536 levels. */
const FIGURES_MAX = 4 * 65_536;

export interface Wire {
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
}

/** Why a message was not taken. */
export type Refusal = "version" | "meta" | "schema" | "size" | "pixels";

export type Decoded<M> =
  | { readonly ok: true; readonly message: M }
  | { readonly ok: false; readonly refusal: Refusal };

export function encode<T extends Topic>(topic: T, message: Messages[T]): Wire;
export function encode(topic: Topic, message: Task | Result): Wire {
  return topic === "tasks" ? encodeTask(message as Task) : encodeResult(message as Result);
}

export function decode<T extends Topic>(topic: T, wire: Wire): Decoded<Messages[T]>;
export function decode(topic: Topic, wire: Wire): Decoded<Task | Result> {
  if (wire.headers[VERSION_HEADER] !== String(PROTOCOL)) return refused("version");
  const text = wire.headers[META_HEADER];
  if (text === undefined || text.length > META_BYTES_MAX) return refused("meta");
  let meta: unknown;
  try {
    meta = JSON.parse(text);
  } catch {
    return refused("meta");
  }
  if (topic === "tasks") return isTaskMeta(meta) ? decodeTask(meta, wire.value) : refused("schema");
  return isResultMeta(meta) ? decodeResult(meta, wire.value) : refused("schema");
}

const refused = (refusal: Refusal): { ok: false; refusal: Refusal } => ({ ok: false, refusal });

function encodeTask({ protocol, input, out, window, ...rest }: Task): Wire {
  const pixels = encodePixels(window);
  const meta: TaskMeta = {
    ...rest,
    steps: [...rest.steps],
    input: { width: input.width, height: input.height, channels: input.channels, depth: input.depth },
    out: plain(out),
    window: describe(window, pixels),
  };
  return wireOf(protocol, meta, pixels);
}

function encodeResult(result: Result): Wire {
  if (!result.ok) {
    const { protocol, ...meta } = result;
    return wireOf(protocol, meta, new Uint8Array(0));
  }
  const { protocol, pixels, figures, ...rest } = result;
  const encoded = pixels && encodePixels(pixels);
  const meta = {
    ...rest,
    ...(pixels && encoded && { pixels: describe(pixels, encoded) }),
    ...(figures && { figures: figures.length }),
  };
  return wireOf(protocol, meta, joined(encoded, figures));
}

const wireOf = (protocol: number, meta: unknown, value: Uint8Array): Wire => ({
  headers: { [VERSION_HEADER]: String(protocol), [META_HEADER]: JSON.stringify(meta) },
  value,
});

const describe = ({ rect, format }: Raster, encoded: Uint8Array): PixelsMeta => ({
  rect: plain(rect),
  format: { channels: format.channels, depth: format.depth },
  bytes: encoded.length,
});

/** Whoever receives it refuses fields that it does not know, and TypeScript lets any through. */
const plain = ({ x, y, width, height }: Rect): Rect => ({ x, y, width, height });

function joined(pixels: Uint8Array | undefined, figures: Uint32Array | undefined): Uint8Array {
  if (figures === undefined) return pixels ?? new Uint8Array(0);
  const bytes = new Uint8Array(figures.buffer, figures.byteOffset, figures.byteLength);
  const value = new Uint8Array((pixels?.length ?? 0) + bytes.length);
  if (pixels) value.set(pixels);
  value.set(bytes, pixels?.length ?? 0);
  return value;
}

function decodeTask({ window: meta, ...rest }: TaskMeta, value: Uint8Array): Decoded<Task> {
  if (!fits(meta) || value.length !== meta.bytes) return refused("size");
  const window = decodePixels(value, meta.rect, meta.format);
  if (window === undefined) return refused("pixels");
  return { ok: true, message: { ...rest, protocol: PROTOCOL, window } };
}

function decodeResult(meta: DoneMeta | FailedMeta, value: Uint8Array): Decoded<Result> {
  return meta.ok ? decodeDone(meta, value) : decodeFailed(meta, value);
}

function decodeFailed(meta: FailedMeta, value: Uint8Array): Decoded<Result> {
  const { code } = meta;
  if (!isErrorCode(code)) return refused("schema");
  if (value.length !== 0) return refused("size");
  return { ok: true, message: { ...meta, code, protocol: PROTOCOL } };
}

function decodeDone(meta: DoneMeta, value: Uint8Array): Decoded<Result> {
  const { pixels: described, figures: count, ...rest } = meta;
  if (described && !fits(described)) return refused("size");
  if (count !== undefined && count > FIGURES_MAX) return refused("size");
  const end = described?.bytes ?? 0;
  if (value.length !== end + 4 * (count ?? 0)) return refused("size");
  const pixels = described && decodePixels(value.subarray(0, end), described.rect, described.format);
  if (described && !pixels) return refused("pixels");
  const figures =
    count === undefined ? undefined : new Uint32Array(new Uint8Array(value.subarray(end)).buffer);
  const message = { ...rest, protocol: PROTOCOL, ...(pixels && { pixels }), ...(figures && { figures }) };
  return { ok: true, message };
}

/** Asked before any memory is taken for it. */
const fits = ({ rect, format }: PixelsMeta): boolean => pixelBytes(rect, format) <= PIXEL_BYTES_MAX;
