/**
 * How a message of tiles is written on a WebSocket, as a binary frame; everything else goes as JSON text.
 *
 *     bytes   what
 *     4       length of the head, as all numbers here with the lower byte first
 *     head    JSON: the message without its tiles, and `workers`: the ids of those whom its tiles name
 *     12 each tiles: stage (2), tile (4), state (1, its place in TILE_STATES), attempt (1),
 *             worker (2, its place in `workers` counted from 1; 0 is nobody), ms (2)
 */
import type { TilesMessage } from "./events.ts";
import { TILE_STATES } from "./states.ts";
import type { TileView } from "./tiles.ts";

const HEAD_LENGTH_BYTES = 4;
const TILE_BYTES = 12;

type Head = Omit<TilesMessage, "tiles"> & { readonly workers: readonly string[] };

export function encodeTiles({ tiles, ...message }: TilesMessage): Uint8Array<ArrayBuffer> {
  const places = new Map<string, number>();
  for (const { worker } of tiles)
    if (worker !== undefined && !places.has(worker)) places.set(worker, places.size + 1);
  const written: Head = { ...message, workers: [...places.keys()] };
  const head = new TextEncoder().encode(JSON.stringify(written));
  const bytes = new Uint8Array(HEAD_LENGTH_BYTES + head.length + tiles.length * TILE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, head.length, true);
  bytes.set(head, HEAD_LENGTH_BYTES);
  let at = HEAD_LENGTH_BYTES + head.length;
  for (const { stage, tile, state, attempt, worker, ms } of tiles) {
    view.setUint16(at, stage, true);
    view.setUint32(at + 2, tile, true);
    view.setUint8(at + 6, TILE_STATES.indexOf(state));
    view.setUint8(at + 7, attempt);
    view.setUint16(at + 8, worker === undefined ? 0 : places.get(worker)!, true);
    view.setUint16(at + 10, ms, true);
    at += TILE_BYTES;
  }
  return bytes;
}

/** @throws RangeError, SyntaxError for what no server of this kind has sent */
export function decodeTiles(buffer: ArrayBuffer): TilesMessage {
  const view = new DataView(buffer);
  const first = HEAD_LENGTH_BYTES + view.getUint32(0, true);
  const head = new Uint8Array(buffer, HEAD_LENGTH_BYTES, first - HEAD_LENGTH_BYTES);
  const { workers, ...message } = JSON.parse(new TextDecoder().decode(head)) as Head;
  const tiles: TileView[] = [];
  for (let at = first; at < buffer.byteLength; at += TILE_BYTES) {
    const state = TILE_STATES[view.getUint8(at + 6)];
    if (state === undefined) throw new RangeError("A tile has no such state.");
    const worker = workers[view.getUint16(at + 8, true) - 1];
    tiles.push({
      ...{ stage: view.getUint16(at, true), tile: view.getUint32(at + 2, true), state },
      ...{ attempt: view.getUint8(at + 7), ms: view.getUint16(at + 10, true) },
      ...(worker !== undefined && { worker }),
    });
  }
  return { ...message, tiles };
}
