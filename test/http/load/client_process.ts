/**
 * Many readers of one job in a process of their own, and some who never read what they are sent. Its argument is a
 * `Readers` as JSON; it says when all have begun, and what has come once each has been told that
 * every tile is done.
 */
import { connect } from "node:net";
import { decodeTiles } from "../../../shared/api/tile_frame.ts";

export interface Readers {
  readonly url: string;
  readonly job: string;
  readonly reading: number;
  readonly silent: number;
  /** Of the job. */
  readonly tiles: number;
}

export interface Came {
  /** By the number of the change: what its tiles were told to be, and when each reader had it, in ms since 1970. */
  readonly frames: Readonly<
    Record<string, { readonly tiles: readonly string[]; readonly atMs: readonly number[] }>
  >;
  readonly closed: number;
}

interface Frame {
  tiles: string[];
  readonly atMs: number[];
}

async function main({ url, job, reading, silent, tiles: count }: Readers): Promise<void> {
  const { host, hostname, port } = new URL(url);
  const path = `/v1/events?topics=job:${job},tiles:${job}`;
  const frames = new Map<number, Frame>();
  const done = Array.from({ length: reading }, () => new Set<string>());
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let closed = 0;
  const hear = (reader: number, buffer: ArrayBuffer) => {
    const now = Date.now();
    const { snapshot, seq, tiles } = decodeTiles(buffer);
    for (const { stage, tile, state } of tiles) if (state === "done") done[reader]!.add(`${stage}/${tile}`);
    if (done.every(({ size }) => size === count)) end();
    if (snapshot) return;
    let frame = frames.get(seq);
    if (frame === undefined) {
      const told = tiles.map(({ stage, tile, state, attempt }) => `${stage}/${tile}/${state}/${attempt}`);
      frame = { tiles: told, atMs: [] };
      frames.set(seq, frame);
    }
    frame.atMs.push(now);
  };
  const begun = Array.from({ length: reading }, (_, reader) => {
    const socket = new WebSocket(`ws://${host}${path}`);
    socket.binaryType = "arraybuffer";
    socket.onclose = () => closed++;
    return new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        if (typeof data === "string") return;
        hear(reader, data);
        resolve();
      };
    });
  });
  const handshake = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
  const mute = Array.from({ length: silent }, () => {
    const socket = connect(Number(port), hostname, () => socket.write(handshake));
    socket.pause();
    return new Promise((resolve) => socket.once("connect", resolve));
  });
  await Promise.all([...begun, ...mute]);
  process.send!("begun");
  await ended;
  process.send!({ frames: Object.fromEntries(frames), closed } satisfies Came);
}

if (import.meta.main) await main(JSON.parse(process.argv[2]!) as Readers);
