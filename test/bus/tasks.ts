import { type Heartbeat, isPacked, type Packed, PROTOCOL, type Task } from "../../shared/bus/messages.ts";
import { loadKernels } from "../../shared/kernels/kernels.ts";
import { pack, unpack } from "../../shared/payload/packed.ts";
import type { Raster } from "../../shared/raster.ts";

/** A promise that resolves at the last of `hits` hits. */
export function countdown(hits: number) {
  let finish = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let left = hits;
  return {
    done,
    hit: () => {
      if (--left === 0) finish();
    },
  };
}

/** A task of 2 × 2 gray pixels, the first of which is its number. */
export function task(tile: number): Task {
  const rect = { x: 0, y: 0, width: 2, height: 2 };
  return {
    protocol: PROTOCOL,
    master: "master",
    worker: "worker",
    job: "job",
    stage: 0,
    tile,
    attempt: 1,
    token: `token-${tile}`,
    steps: [],
    input: { width: 2, height: 2, channels: 1, depth: 8 },
    out: rect,
    window: { rect, format: { channels: 1, depth: 8 }, data: Uint8Array.of(tile, 1, 2, 3), stride: 2 },
    pixels: true,
    figures: false,
  };
}

const kernels = loadKernels();

/** A task as it has to be for a bus that packs. */
export const packedTask = (task: Task): Task => ({ ...task, window: packed(task.window as Raster) });

const packed = (raster: Raster): Packed => pack(kernels, raster);

/** The pixels of a message, however they came; rows packed. */
export const pixelsOf = ({ window }: Pick<Task, "window">): Uint8Array =>
  isPacked(window) ? unpack(kernels, window).data : window.data;

export function heartbeat(worker: string, changes: Partial<Heartbeat> = {}): Heartbeat {
  return {
    protocol: PROTOCOL,
    worker,
    name: "bench",
    host: "here",
    version: "0.0.0",
    phase: "working",
    fingerprint: "same process",
    ops: {},
    threads: 2,
    partitions: [0],
    inFlight: 0,
    tilesDone: 0,
    tilesPerSecond: 0,
    load: 0,
    rssBytes: 0,
    ...changes,
  };
}
