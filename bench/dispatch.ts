/**
 * What the master spends on a tile beside its pixels: cutting, sending, matching, collecting, marking. Its worker is on
 * the same thread and answers at once with nothing computed, so all that takes time is the master; beside it, in turn, a
 * usual tile's transform.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_LIMITS } from "../master/limits.ts";
import { Master } from "../master/master.ts";
import { writePicture } from "../samples/write.ts";
import { BufferPool } from "../shared/buffers.ts";
import { MemoryBus } from "../shared/bus/memory.ts";
import { isPacked, PROTOCOL, type Task, type TileDone } from "../shared/bus/messages.ts";
import type { Bus } from "../shared/bus/port.ts";
import { SAME_PROCESS } from "../shared/ops/fingerprint.ts";
import { parsePipeline } from "../shared/pipeline/pipeline.ts";
import { copyInto } from "../shared/raster.ts";
import type { BenchOptions, Findings } from "./bench.ts";
import { interleaved, type Rounds } from "./harness.ts";
import { inLayouts, LAYOUTS, quickestLayout } from "./layouts.ts";
import { ownEngine } from "./op_engines.ts";
import { type Metric, metricOf } from "./record.ts";
import { burn } from "./slow.ts";
import { median, pairwise } from "./stats.ts";

const TILE = 64;
/** All stages but the first and the last run while nothing is decoded or encoded. */
const STAGES = 8;
const PIPELINE = Array.from({ length: STAGES }, () => "invert").join(" | contrast | ");
const LEVELS = 256;
const WORKER = "bench";
const LEASE_MS = 3_600_000;

export interface DispatchBench extends Rounds {
  /** Of the picture; it is cut into tiles of 64 × 64. */
  readonly side: number;
  readonly warmMs: number;
  /** See `inLayouts`. */
  readonly layouts: number;
  /** By how much dispatch is slowed down, to show that it is noticed. */
  readonly slower?: number;
}

export interface DispatchFound {
  readonly tiles: number;
  readonly msATile: number;
  readonly tilesPerSecond: number;
  readonly metrics: readonly Metric[];
}

export async function benchDispatch(options: DispatchBench): Promise<DispatchFound> {
  const folder = mkdtempSync(join(tmpdir(), "tessera-bench-"));
  const { side, slower = 0 } = options;
  const bus = new MemoryBus();
  const watch = new Watch(slower);
  const buffers = new BufferPool();
  const master = new Master({
    ...{ dir: folder, bus: watched(bus, watch), buffers, limits: DEFAULT_LIMITS, threads: 2, durable: false },
    ...{ leaseMs: LEASE_MS, fingerprint: SAME_PROCESS },
  });
  try {
    const path = join(folder, "picture.tif");
    await writePicture(path, { width: side, height: side, channels: 3, depth: 8, seed: 1 });
    master.start();
    await answerAtOnce(bus, buffers);
    const tiles = Math.ceil(side / TILE) ** 2;
    const job = async () => (await stageMs(master, path, watch)) / tiles;
    const steps = parsePipeline("blur(sigma=5)");
    const transforms = inLayouts(
      options.layouts,
      (kernels) => ownEngine(kernels, steps, { ...SQUARE, channels: 3, depth: 8 }, 512).run,
    );
    const [ours, unit] = await interleaved([job, await quickestLayout(transforms, options)], options);
    const msATile = median(ours!);
    const ratio = { unit: "×", better: "lower", kind: "ratio" } as const;
    const metrics = [
      metricOf({ id: "master's work/a tile", unit: "ms", better: "lower", kind: "absolute" }, ours!),
      metricOf({ id: "master's work over blur(sigma=5)/a tile", ...ratio }, pairwise(ours!, unit!)),
    ];
    return { tiles, msATile, tilesPerSecond: 1000 / msATile, metrics };
  } finally {
    await master.stop();
    await bus.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const SQUARE = { width: 1536, height: 1536 };

/** From a stage's first sending to that of the next: the quickest, since others can only make it slower. */
async function stageMs(master: Master, path: string, watch: Watch): Promise<number> {
  const source = { path, owned: false, name: "bench" };
  const output = { format: "jpeg" } as const;
  const { id } = await master.submit({ source, pipeline: PIPELINE, output, tileSize: TILE });
  const { error } = await master.wait(id);
  if (error !== undefined) throw new Error(error.message);
  return watch.quickest(1, STAGES - 1);
}

/** A worker that gives each window back as it came. */
async function answerAtOnce(bus: MemoryBus, buffers: BufferPool): Promise<void> {
  const { ready, share } = bus.subscribe("tasks", 64, (task) =>
    bus.publish("results", answer(task, buffers)),
  );
  await ready;
  const { hash: fingerprint, ops } = SAME_PROCESS;
  const about = {
    worker: WORKER,
    name: WORKER,
    host: WORKER,
    version: "0",
    fingerprint,
    ops,
    partitions: share(),
  };
  const figures = { inFlight: 0, tilesDone: 0, tilesPerSecond: 0, load: 0, rssBytes: 0 };
  await bus.publish("heartbeats", { protocol: PROTOCOL, phase: "working", threads: 2, ...about, ...figures });
}

function answer(task: Task, buffers: BufferPool): TileDone {
  const { master, job, stage, tile, attempt, token, out, window, figures } = task;
  if (isPacked(window)) throw new Error("the memory bus does not pack");
  const stride = out.width * 3;
  const data = new Uint8Array(buffers.take(stride * out.height));
  const pixels = { rect: out, format: window.format, data, stride };
  copyInto(pixels, window);
  const name = { protocol: PROTOCOL, master, job, stage, tile, attempt, token, worker: WORKER };
  const counts = new Uint32Array(4 * LEVELS).fill((out.width * out.height) / LEVELS);
  return { ...name, ok: true, ms: 0, pixels, ...(figures && { figures: counts }) };
}

/** Knows when each stage's first task was sent, and can slow the sending down by a share of all that it takes. */
class Watch {
  private readonly begun: number[] = [];
  private stage = -1;
  private burnt = 0;

  constructor(private readonly slower: number) {}

  sent({ stage }: Task): void {
    const now = performance.now();
    if (stage !== this.stage) {
      this.stage = stage;
      this.begun[stage] = now;
      this.burnt = 0;
    }
    const missing = (now - this.begun[stage]! - this.burnt) * this.slower - this.burnt;
    if (missing <= 0) return;
    burn(missing);
    this.burnt += missing;
  }

  /** Milliseconds of the quickest stage from `first` up to, and not with, `end`. */
  quickest(first: number, end: number): number {
    const taken = this.begun.slice(first, end).map((begun, i) => this.begun[first + i + 1]! - begun);
    return Math.min(...taken);
  }
}

/** The same bus, with an eye on what is sent. */
function watched(bus: MemoryBus, watch: Watch): Bus {
  return {
    packs: bus.packs,
    publish(topic, message, partition) {
      if (topic === "tasks") watch.sent(message as Task);
      return bus.publish(topic, message, partition);
    },
    subscribe: (topic, atOnce, handler, onShare) => bus.subscribe(topic, atOnce, handler, onShare),
    follow: (topic, listener) => bus.follow(topic, listener),
    close: () => bus.close(),
  };
}

export const printDispatch = ({ tiles, msATile, tilesPerSecond, metrics }: DispatchFound): string =>
  [
    `A master alone, jobs of ${tiles} tiles of ${TILE} × ${TILE}: ${(1000 * msATile).toFixed(0)} µs a tile, ${tilesPerSecond.toFixed(0)} tiles/s;`,
    `${metrics[1]!.value.toFixed(3)} × blur(sigma=5) of a tile of 512 × 512.`,
  ].join("\n");

/** Stages of a few milliseconds fit between two interruptions of a busy machine. */
const EFFORTS = {
  quick: { side: 768, repeats: 15, warmups: 5, warmMs: 100 },
  usual: { side: 768, repeats: 41, warmups: 8, warmMs: 100 },
  full: { side: 768, repeats: 81, warmups: 8, warmMs: 100 },
};

export async function findDispatch({ effort, repeats }: BenchOptions): Promise<Findings> {
  const found = await benchDispatch({
    layouts: LAYOUTS,
    ...EFFORTS[effort],
    ...(repeats !== undefined && { repeats }),
  });
  const { metrics, ...rows } = found;
  return { metrics, rows, text: printDispatch(found) };
}
