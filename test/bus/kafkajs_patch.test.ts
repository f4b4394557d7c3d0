/**
 * `patches/kafkajs@2.2.4.patch` makes kafkajs quicker, not other:
 *
 * - CRC-32C by the processor's instruction (@node-rs/crc32), not by a table;
 * - large buffers go to the socket as they are, instead of being copied at each level of a request; no memory is zeroed to
 *   be written over, and short numbers are written where they belong;
 * - the answers to fetches are put together in the same memory over and over, chunk by chunk: fresh megabytes cost more
 *   than everything that is done with them. A message's value is a view on it, gone with the next fetch, so it is copied
 *   while its batch is handled (`Member` does);
 * - a partition without messages is no batch to carry through queues;
 * - no timer runs every millisecond while there is nothing to send (and warns of a negative time).
 *
 * One thing it does otherwise: a connection that breaks in the middle of a login is tried again, as any other;
 * `kafka_security.alone.test.ts` shows that.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { createRequire } from "node:module";
import { type AddressInfo, createServer, connect as netConnect } from "node:net";
import fc from "fast-check";

interface Encoder {
  readonly buffer: Buffer;
  readonly buffers: Buffer[];
  size(): number;
}

interface ProduceRequest {
  encode(): Promise<Encoder>;
}

const inside = createRequire(import.meta.url);
const encoderClass: { keptFrom: number } = inside("kafkajs/src/protocol/encoder");
const crc32C: (buffers: Buffer[]) => number = inside("kafkajs/src/protocol/recordBatch/crc32C");
const produce: (asked: object) => ProduceRequest = inside("kafkajs/src/protocol/requests/produce/v3/request");
const frame: (asked: object) => Promise<Encoder> = inside("kafkajs/src/protocol/request");
const RequestQueue: { prototype: { scheduleCheckPendingRequests(this: object): void } } = inside(
  "kafkajs/src/network/requestQueue",
);
const ConnectionClass: new (options: object) => Connection = inside("kafkajs/src/network/connection");
const ConsumerGroup: {
  prototype: { fetch(this: object, node: number): ReturnType<typeof fetchBatches> };
} = inside("kafkajs/src/consumer/consumerGroup");
const KEPT_FROM = encoderClass.keptFrom;
/** Nothing is so large, so everything is copied: the stock encoder's way. */
const STOCK = Number.POSITIVE_INFINITY;

/** Bit by bit, from the definition (RFC 3720, appendix B.4 has the polynomial and the first example below). */
function crcOf(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

const anyMessage = fc
  .record({
    size: fc.oneof(fc.nat(100), fc.integer({ min: KEPT_FROM - 20, max: KEPT_FROM + 20 }), fc.nat(40_000)),
    seed: fc.nat(255),
    key: fc.string(),
    header: fc.oneof(fc.string(), fc.constant("m".repeat(KEPT_FROM))),
  })
  .map(({ size, seed, key, header }) => ({
    key,
    value: Buffer.from(Uint8Array.from({ length: size }, (_, i) => i * seed)),
    headers: { meta: header, more: ["a", "b"] },
    timestamp: 1_700_000_000_000 + seed,
  }));

async function encoded(keptFrom: number, messages: object[]): Promise<[bytes: Buffer, size: number]> {
  encoderClass.keptFrom = keptFrom;
  const topicData = [{ topic: "tasks", partitions: [{ partition: 3, firstSequence: 0, messages }] }];
  const request = produce({ acks: -1, timeout: 30_000, topicData });
  const whole = await frame({ correlationId: 7, clientId: "tessera", request });
  const size = whole.size(); // asked before the bytes are joined
  const parts = Buffer.concat(whole.buffers);
  expect(parts.equals(whole.buffer)).toBe(true);
  return [parts, size];
}

describe("the patch of kafkajs", () => {
  afterEach(() => {
    encoderClass.keptFrom = KEPT_FROM;
  });

  test("its requests have the stock encoder's bytes", async () => {
    const messages = fc.array(anyMessage, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(messages, async (sent) => {
        const [stock] = await encoded(STOCK, sent);
        const [ours, size] = await encoded(KEPT_FROM, sent);
        expect(size).toBe(ours.length);
        expect(ours.equals(stock)).toBe(true);
      }),
    );
  });

  test("its check sum is CRC-32C at every length, of buffers one behind the other", () => {
    expect(crc32C([Buffer.alloc(32)])).toBe(0x8a9136aa);
    expect(crc32C([Buffer.from("12345"), Buffer.alloc(0), Buffer.from("6789")])).toBe(0xe3069283);
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 4 }), (parts) => {
        const whole = Buffer.concat(parts);
        expect(crc32C(parts.map((part) => Buffer.from(part)))).toBe(crcOf(whole));
      }),
    );
  });

  test("an empty queue of requests sets no timer", () => {
    const queue = { pending: [], throttledUntil: -1, throttleCheckTimeoutId: null };
    RequestQueue.prototype.scheduleCheckPendingRequests.call(queue);
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  test("a large value is not copied on its way to the socket, and its memory may be shared", async () => {
    const value = Buffer.from(new SharedArrayBuffer(100_000)).fill(7);
    const request = produce({
      acks: -1,
      timeout: 30_000,
      topicData: [
        { topic: "tasks", partitions: [{ partition: 0, firstSequence: 0, messages: [{ value }] }] },
      ],
    });
    const { buffers } = await frame({ correlationId: 7, clientId: "tessera", request });
    expect(buffers.some((buffer) => buffer.buffer === value.buffer)).toBe(true);
    expect(buffers.length).toBeLessThan(5);
  });

  test("a partition without messages is no batch", async () => {
    const message = { offset: "7", value: Buffer.from("x") };
    const partitions = [0, 1, 2].map((partition) => ({
      partition,
      highWatermark: "8",
      preferredReadReplica: -1,
      messages: partition === 1 ? [message] : [],
    }));
    const batches = await fetchBatches(partitions);
    expect(batches.map(({ partition }) => partition)).toEqual([1]);
    expect(batches[0]!.messages).toEqual([message]);
    expect(await fetchBatches(partitions.slice(2))).toEqual([]);
  });
});

describe("the responses of a connection", () => {
  const large = fc.integer({ min: 0, max: 3_000_000 });
  const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 900_000 })), {
    minLength: 1,
  });

  test("come out whole, wherever they were cut", () => {
    const sizes = fc.array(fc.oneof(fc.nat(20), large), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(sizes, cuts, fc.boolean(), (sizes, cuts, onlyFetches) => {
        const { connection, taken } = connectionFor({ onlyFetches });
        const frames = sizes.map((size, i) => response(i, size));
        feed(connection, Buffer.concat(frames), cuts);
        expect(taken.map(({ hash }) => hash)).toEqual(frames.map((frame) => Bun.hash(frame.subarray(8))));
        expect(taken.map(({ correlationId }) => correlationId)).toEqual(sizes.map((_, i) => i));
        expect(connection.chunks).toEqual([]); // or the next one would be joined to it, by a copy
      }),
      { numRuns: 60 },
    );
  });

  test("share their memory where only fetches are answered, and only there", () => {
    for (const onlyFetches of [true, false]) {
      const { connection, taken } = connectionFor({ onlyFetches });
      for (const size of [500_000, 900_000, 100_000]) feed(connection, response(1, size), [65_536]);
      expect(new Set(taken.map(({ memory }) => memory)).size).toBe(onlyFetches ? 1 : 3);
    }
  });

  test("get no room for a size beyond all sense", () => {
    const { connection, taken } = connectionFor({ onlyFetches: true });
    connection.processData(Buffer.from("HTTP/1.1 400 Bad Request"));
    connection.processData(Buffer.from("Connection: close"));
    expect(connection.room.length).toBe(0);
    expect(taken).toEqual([]);
  });

  test("do not begin with what a broken connection left", async () => {
    const server = createServer((socket) => socket.on("error", () => {}));
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
    });
    const { connection, taken } = connectionFor({ onlyFetches: true, port });
    connection.processData(response(1, 100_000).subarray(0, 50_000));
    await connection.connect();
    feed(connection, response(2, 100_000), [60_000]);
    expect(taken.map(({ correlationId }) => correlationId)).toEqual([2]);
    await connection.disconnect();
    server.close();
  });
});

interface Taken {
  readonly correlationId: number;
  readonly hash: number | bigint;
  readonly memory: ArrayBufferLike;
}

interface Connection {
  readonly room: Buffer;
  readonly chunks: readonly Buffer[];
  readonly requestQueue: { fulfillRequest(answer: { correlationId: number; payload: Buffer }): void };
  processData(chunk: Buffer): void;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/** A connection to nobody (or to `port` of this machine), and what it takes for responses. */
function connectionFor({ onlyFetches, port = 1 }: { onlyFetches: boolean; port?: number }) {
  const logger = { namespace: () => logger, debug() {}, error() {}, warn() {}, info() {} };
  const connection: Connection = new ConnectionClass({
    host: "127.0.0.1",
    port,
    logger,
    socketFactory: ({ onConnect }: { onConnect: () => void }) => netConnect(port, "127.0.0.1", onConnect),
    requestTimeout: 1000,
    connectionTimeout: 1000,
    onlyFetches,
  });
  const taken: Taken[] = [];
  connection.requestQueue.fulfillRequest = ({ correlationId, payload }) => {
    taken.push({ correlationId, hash: Bun.hash(payload), memory: payload.buffer });
  };
  return { connection, taken };
}

/** A response of `size` bytes behind its length and number. */
function response(correlationId: number, size: number): Buffer {
  const frame = Buffer.alloc(8 + size);
  frame.writeInt32BE(4 + size, 0);
  frame.writeInt32BE(correlationId, 4);
  for (let i = 8; i < frame.length; i += 97) frame[i] = i * (correlationId + 1);
  return frame;
}

/** As the network gives it: in chunks, each in memory of its own. */
function feed(connection: Connection, bytes: Buffer, cuts: readonly number[]): void {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const chunk = Buffer.from(bytes.subarray(at, at + cuts[i % cuts.length]!));
    connection.processData(chunk);
    at += chunk.length;
  }
}

/** What a consumer makes of a fetch's answer; everything around is as short as can be. */
function fetchBatches(partitions: object[]): Promise<{ partition: number; messages: object[] }[]> {
  const all = [0, 1, 2];
  const group = {
    cluster: {
      refreshMetadataIfNecessary: async () => {},
      findBroker: async () => ({ fetch: async () => ({ responses: [{ topicName: "tasks", partitions }] }) }),
    },
    checkForStaleAssignment() {},
    subscriptionState: { assigned: () => [{ topic: "tasks", partitions: all }], isPaused: () => false },
    filterPartitionsByNode: (_node: number, assigned: object[]) => assigned,
    seekOffsets: async () => {},
    seekOffset: { has: () => false },
    offsetManager: { committedOffsets: () => ({ tasks: all.map(() => "7") }), nextOffset: () => "7" },
    getActiveTopicPartitions: () => ({ tasks: new Set(all) }),
    preferredReadReplicasPerTopicPartition: {},
  };
  return ConsumerGroup.prototype.fetch.call(group, 0);
}
