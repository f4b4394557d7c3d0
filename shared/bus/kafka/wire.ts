/**
 * A message as Kafka carries it. Headers: `tessera`, the protocol's version; `meta`, what the message says, as JSON.
 * Value: packed pixels, then figures (unsigned, 32 bit, little-endian). What arrives is a stranger's until it is
 * checked; packed pixels are checked by whoever unpacks them.
 */
import { isErrorCode } from "../../errors.ts";
import { bytesPerPixel, isEmpty, type Rect } from "../../geometry.ts";
import {
  type DeadLetter,
  type Heartbeat,
  isPacked,
  type Packed,
  type Pixels,
  PROTOCOL,
  type Result,
  type Task,
  type TileName,
} from "../messages.ts";
import type { Messages, Topic } from "../port.ts";
import {
  type DeadLetterMeta,
  type DoneMeta,
  type FailedMeta,
  type HeartbeatMeta,
  isDeadLetterMeta,
  isHeartbeatMeta,
  isResultMeta,
  isReturnMeta,
  isTaskMeta,
  isTileMeta,
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
export type Refusal = "version" | "meta" | "schema" | "size";

export type Decoded<M> =
  | { readonly ok: true; readonly message: M }
  | {
      readonly ok: false;
      readonly refusal: Refusal;
      /** Of a task of another version: by this it can be sent back. */
      readonly tile?: TileName;
    };

/** Pixels must have been packed. */
export function encode<T extends Topic>(topic: T, message: Messages[T]): Wire;
export function encode(topic: Topic, message: Messages[Topic]): Wire {
  switch (topic) {
    case "tasks":
      return encodeTask(message as Task);
    case "results":
      return encodeResult(message as Result);
    default: {
      const { protocol, ...meta } = message as Heartbeat | DeadLetter;
      return wireOf(protocol, meta);
    }
  }
}

export function decode<T extends Topic>(topic: T, wire: Wire): Decoded<Messages[T]>;
export function decode(topic: Topic, wire: Wire): Decoded<Messages[Topic]> {
  const version = Number(wire.headers[VERSION_HEADER] || Number.NaN);
  if (!Number.isInteger(version)) return refused("version");
  const meta = metaOf(wire);
  // A worker of another version is to be seen, though it gets no tiles.
  if (version !== PROTOCOL && topic !== "heartbeats") return decodeUnlike(topic, version, meta);
  if (meta === undefined) return refused("meta");
  switch (topic) {
    case "tasks":
      return isTaskMeta(meta) ? decodeTask(meta, wire.value) : refused("schema");
    case "results":
      return isResultMeta(meta) ? decodeResult(meta, wire.value) : refused("schema");
    case "heartbeats":
      return isHeartbeatMeta(meta) ? decodeHeartbeat(meta, version) : refused("schema");
    case "dead-letters":
      return isDeadLetterMeta(meta) ? decodeDeadLetter(meta) : refused("schema");
  }
}

/** Undefined if there is none that can be read. */
function metaOf({ headers: { [META_HEADER]: text } }: Wire): unknown {
  if (text === undefined || text.length > META_BYTES_MAX) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Every version can name the tile of another's task, and understands it when its own is sent back so: workers of unlike
 * versions share the partitions, and what one of them drops would be waited for in vain.
 */
function decodeUnlike(topic: Topic, protocol: number, meta: unknown): Decoded<Result> {
  if (topic === "tasks" && isTileMeta(meta)) return { ...refused("version"), tile: tileIn(meta) };
  if (topic !== "results" || !isReturnMeta(meta)) return refused("version");
  const { ok, code, worker } = meta;
  return { ok: true, message: { protocol, ...tileIn(meta), ok, worker, code, message: "" } };
}

const tileIn = ({ master, job, stage, tile, attempt, token }: TileName): TileName => ({
  ...{ master, job, stage, tile, attempt, token },
});

const refused = (refusal: Refusal): { ok: false; refusal: Refusal } => ({ ok: false, refusal });

const NOTHING = new Uint8Array(0);

const wireOf = (protocol: number, meta: unknown, value: Uint8Array = NOTHING): Wire => ({
  headers: { [VERSION_HEADER]: String(protocol), [META_HEADER]: JSON.stringify(meta) },
  value,
});

function encodeTask({ protocol, input, out, window, ...rest }: Task): Wire {
  const pixels = packedOf(window);
  const meta: TaskMeta = {
    ...rest,
    steps: [...rest.steps],
    input: { width: input.width, height: input.height, channels: input.channels, depth: input.depth },
    out: plain(out),
    window: describe(pixels),
  };
  return wireOf(protocol, meta, pixels.payload);
}

function encodeResult(result: Result): Wire {
  if (!result.ok) {
    const { protocol, ...meta } = result;
    return wireOf(protocol, meta);
  }
  const { protocol, pixels, figures, ...rest } = result;
  const packed = pixels && packedOf(pixels);
  const meta = {
    ...rest,
    ...(packed && { pixels: describe(packed) }),
    ...(figures && { figures: figures.length }),
  };
  return wireOf(protocol, meta, joined(packed?.payload, figures));
}

function packedOf(pixels: Pixels): Packed {
  if (!isPacked(pixels)) throw new Error("pixels leave the process packed");
  return pixels;
}

const describe = ({ rect, format, payload }: Packed): PixelsMeta => ({
  rect: plain(rect),
  format: { channels: format.channels, depth: format.depth },
  bytes: payload.length,
});

/** Whoever receives it refuses fields that it does not know, and TypeScript lets any through. */
const plain = ({ x, y, width, height }: Rect): Rect => ({ x, y, width, height });

function joined(payload: Uint8Array = NOTHING, figures: Uint32Array | undefined): Uint8Array {
  if (figures === undefined) return payload;
  const bytes = new Uint8Array(figures.buffer, figures.byteOffset, figures.byteLength);
  const value = new Uint8Array(payload.length + bytes.length);
  value.set(payload);
  value.set(bytes, payload.length);
  return value;
}

function decodeTask({ window: meta, ...rest }: TaskMeta, value: Uint8Array): Decoded<Task> {
  if (!fits(meta) || value.length !== meta.bytes) return refused("size");
  return { ok: true, message: { ...rest, protocol: PROTOCOL, window: packedFrom(meta, value) } };
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
  const pixels = described && packedFrom(described, value.subarray(0, end));
  const figures =
    count === undefined ? undefined : new Uint32Array(new Uint8Array(value.subarray(end)).buffer);
  const message = { ...rest, protocol: PROTOCOL, ...(pixels && { pixels }), ...(figures && { figures }) };
  return { ok: true, message };
}

/** Only what this version knows of it. */
function decodeHeartbeat(meta: HeartbeatMeta, protocol: number): Decoded<Heartbeat> {
  const { worker, name, host, version, phase, fingerprint, ops, threads, partitions } = meta;
  const { inFlight, tilesDone, tilesPerSecond, load, rssBytes } = meta;
  const figures = { inFlight, tilesDone, tilesPerSecond, load, rssBytes };
  const about = { protocol, worker, name, host, version, phase, fingerprint, ops, threads, partitions };
  return { ok: true, message: { ...about, ...figures } };
}

function decodeDeadLetter(meta: DeadLetterMeta): Decoded<DeadLetter> {
  const { code } = meta;
  return isErrorCode(code) ? { ok: true, message: { ...meta, code, protocol: PROTOCOL } } : refused("schema");
}

const packedFrom = ({ rect, format }: PixelsMeta, payload: Uint8Array): Packed => ({ rect, format, payload });

/** Asked before any memory is taken for it. An empty window has no bytes. */
function fits({ rect, format, bytes }: PixelsMeta): boolean {
  if (isEmpty(rect)) return bytes === 0;
  return rect.width * rect.height * bytesPerPixel(format) <= PIXEL_BYTES_MAX;
}
