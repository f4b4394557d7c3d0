/**
 * One tile there and back, again and again, on a system that does nothing else: `bun kafka_round_trip.ts BROKER PREFIX
 * SIDE`. It packs and unpacks as a master does, and answers each question with one round trip's milliseconds.
 */
import { Packing } from "../../master/packing/packing.ts";
import { wholePicture } from "../../samples/picture.ts";
import { BufferPool } from "../../shared/buffers.ts";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import { type Heartbeat, isPacked, PROTOCOL, type Result } from "../../shared/bus/messages.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { createRaster } from "../../shared/raster.ts";
import { serveUsed } from "./used.ts";

const [broker, prefix, side] = process.argv.slice(2);
const size = { width: Number(side), height: Number(side) };
const bus = await KafkaBus.connect({ settings: { brokers: [broker!], prefix: prefix! } });
const buffers = new BufferPool();
const packing = new Packing(buffers);
const rect = { x: 0, y: 0, ...size };
const source = createRaster(rect, { channels: 3, depth: 8 }, true);
source.data.set(wholePicture({ ...size, channels: 3, depth: 8, seed: 1 }));
const steps = parsePipeline("blur(sigma=5)");

let answered = (_: Result) => {};
const results = bus.subscribe("results", 1, async (result) => answered(result));
const heard = Promise.withResolvers<Heartbeat>();
const beats = bus.follow("heartbeats", (beat) => {
  if (beat.partitions.length > 0) heard.resolve(beat);
});
await Promise.all([results.ready, beats.ready]);
const { worker, partitions } = await heard.promise;

async function roundTrip(): Promise<{ ms: number }> {
  const token = crypto.randomUUID();
  const begun = performance.now();
  const back = Promise.withResolvers<Result>();
  answered = back.resolve;
  const name = {
    protocol: PROTOCOL,
    master: "bench",
    job: "bench",
    stage: 0,
    tile: 0,
    attempt: 1,
    token,
    worker,
  };
  const window = await packing.pack(source);
  const input = { ...size, channels: 3, depth: 8 } as const;
  await bus.publish(
    "tasks",
    { ...name, steps, input, out: rect, window, pixels: true, figures: false },
    partitions[0]!,
  );
  const result = await back.promise;
  if (!result.ok) throw new Error(result.message);
  if (result.pixels !== undefined && isPacked(result.pixels)) {
    const { data } = await packing.unpack(result.pixels);
    if (data.buffer instanceof SharedArrayBuffer) buffers.give(data.buffer);
  }
  return { ms: performance.now() - begun };
}

await serveUsed(roundTrip);
await packing.close();
await bus.close();
process.exit(0);
