import { join } from "node:path";
import { colourspaceOf } from "../../master/codec/colourspace.ts";
import { loadSharp } from "../../master/codec/sharp.ts";
import type { JobView } from "../../master/jobs/job.ts";
import type { SubmitRequest } from "../../master/jobs/submission.ts";
import { DEFAULT_LIMITS, type Limits } from "../../master/limits.ts";
import { Master } from "../../master/master.ts";
import type { OutboundOptions } from "../../master/outbound/outbound.ts";
import type { WebhookOptions } from "../../master/webhooks/webhooks.ts";
import { type PictureSpec, wholePicture } from "../../samples/picture.ts";
import { writePicture } from "../../samples/write.ts";
import { BufferPool } from "../../shared/buffers.ts";
import { MemoryBus } from "../../shared/bus/memory.ts";
import type { TesseraError } from "../../shared/errors.ts";
import { bytesPerPixel, type Channels, type Depth, wholeOf } from "../../shared/geometry.ts";
import { SAME_PROCESS } from "../../shared/ops/fingerprint.ts";
import type { Raster } from "../../shared/raster.ts";
import { inFolder } from "../support/folder.ts";
import type { TestClock } from "./clock.ts";

const sharp = await loadSharp();

export interface Bench {
  readonly folder: string;
  /** The master's own. */
  readonly dir: string;
  readonly bus: MemoryBus;
  readonly buffers: BufferPool;
  readonly master: Master;
}

interface BenchOptions {
  readonly threads?: number;
  readonly durable?: boolean;
  readonly leaseMs?: number;
  /** Moves the master's time and its timers; by default the system does. */
  readonly clock?: TestClock;
  /** By default one in which pixels are not packed. */
  readonly bus?: MemoryBus;
  readonly limits?: Partial<Limits>;
  readonly outbound?: Partial<OutboundOptions>;
  readonly webhooks?: Partial<WebhookOptions>;
  readonly onTrouble?: (fault: TesseraError) => void;
  readonly silence?: { readonly silentAfterMs: number; readonly lostAfterMs: number };
}

/** A master with a bus and no worker: a test brings its own, or none. */
export function openBench(folder: string, options: BenchOptions = {}): Bench {
  const { threads = 2, durable = false, leaseMs = 3_600_000, limits, silence } = options;
  const dir = join(folder, "master");
  const { clock, onTrouble, bus = new MemoryBus() } = options;
  const buffers = new BufferPool();
  // Sources go with their jobs, as most tests look at what is left.
  const all = { ...DEFAULT_LIMITS, freeBytesMin: 0, sourceKeptMs: 0, ...limits };
  const master = new Master({
    ...{ dir, bus, buffers, threads, durable, leaseMs, limits: all, fingerprint: SAME_PROCESS },
    ...(silence && { silence }),
    ...(options.outbound && { outbound: options.outbound }),
    ...(options.webhooks && { webhooks: options.webhooks }),
    ...(onTrouble && { onTrouble }),
    ...(clock && { now: clock.now, every: clock.every }),
  });
  master.start();
  return { folder, dir, bus, buffers, master };
}

export function withBench<T>(options: BenchOptions, use: (bench: Bench) => Promise<T>): Promise<T> {
  return inFolder(async (folder) => {
    const bench = openBench(folder, options);
    try {
      return await use(bench);
    } finally {
      await bench.master.stop();
      await bench.bus.close();
    }
  });
}

export const spec = (width: number, height: number, channels = 3, depth = 8, seed = 1): PictureSpec => ({
  ...{ width, height, seed },
  channels: channels as Channels,
  depth: depth as Depth,
});

/** Writes a sample picture into `folder` and gives its path. */
export async function picture(folder: string, of: PictureSpec, ending = "png"): Promise<string> {
  const name = `${of.width}x${of.height}x${of.channels}-${of.depth}-${of.seed}.${ending}`;
  await writePicture(join(folder, name), of);
  return join(folder, name);
}

/** The pixels of a sample picture, made without any file. */
export function pictureRaster(of: PictureSpec): Raster {
  const { channels, depth } = of;
  return {
    rect: wholeOf(of),
    format: { channels, depth },
    data: wholePicture(of),
    stride: of.width * bytesPerPixel(of),
  };
}

/** An image file's pixels by the library alone, turned upright. */
export async function decodeFile(path: string): Promise<Raster> {
  const image = sharp(path, { limitInputPixels: false }).autoOrient();
  const { channels, depth: sample } = await image.metadata();
  const depth: Depth = sample === "ushort" ? 16 : 8;
  const format = { channels: channels as Channels, depth };
  // Raw output of gray drops alpha, so gray with alpha goes by way of RGB, which repeats the gray.
  const colour = colourspaceOf(channels === 2 ? { ...format, channels: 4 } : format);
  const { data, info } = await image
    .toColourspace(colour)
    .raw({ depth: depth === 16 ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const own = channels === 2 ? grayAlphaOf(data, depth) : new Uint8Array(data);
  return { rect: { x: 0, y: 0, width, height }, format, data: own, stride: width * bytesPerPixel(format) };
}

function grayAlphaOf(rgba: Uint8Array, depth: Depth): Uint8Array {
  const sample = depth >> 3;
  return rgba.filter((_, i) => {
    const channel = Math.floor(i / sample) % 4;
    return channel === 0 || channel === 3;
  });
}

/** How two images differ, in words; "same" if in nothing. */
export function difference(actual: Raster, expected: Raster): string {
  const shape = ({ rect, format }: Raster) =>
    `${rect.width} × ${rect.height} × ${format.channels}, ${format.depth} bit`;
  if (shape(actual) !== shape(expected)) return `${shape(actual)} instead of ${shape(expected)}`;
  let count = 0;
  for (let i = 0; i < expected.data.length; i++) if (actual.data[i] !== expected.data[i]) count++;
  return count === 0 ? "same" : `${count} of ${expected.data.length} bytes differ`;
}

export const unowned = (path: string): SubmitRequest["source"] => ({ path, owned: false, name: "picture" });

/** Resolves with the first view of the job that `wanted` takes. */
export function seen(master: Master, wanted: (job: JobView) => boolean): Promise<JobView> {
  return new Promise((resolve) => {
    const stop = master.onProgress((job) => {
      if (!wanted(job)) return;
      stop();
      resolve(job);
    });
  });
}

/** One turn of the event loop: whatever was ready to run has run. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const inLong = <T>(short: T, long: T): T => (process.env.TEST_LONG ? long : short);
