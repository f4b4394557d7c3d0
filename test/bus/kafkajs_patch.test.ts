/**
 * `patches/kafkajs@2.2.4.patch` makes kafkajs quicker, not other: CRC-32C by slices of eight bytes; large buffers kept
 * instead of copied at each level of a request, and no memory zeroed to be written over; no timer that runs every
 * millisecond while there is nothing to send (and warns of a negative time). One thing it does otherwise: a connection
 * that breaks in the middle of a login is tried again, as any other; `kafka_security.alone.test.ts` shows that.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { createRequire } from "node:module";
import fc from "fast-check";

interface Encoder {
  readonly buffer: Buffer;
  size(): number;
}

interface ProduceRequest {
  encode(): Promise<Encoder>;
}

const inside = createRequire(import.meta.url);
const encoderClass: { keptFrom: number } = inside("kafkajs/src/protocol/encoder");
const crc32C: (buffer: Buffer) => number = inside("kafkajs/src/protocol/recordBatch/crc32C/crc32C");
const produce: (asked: object) => ProduceRequest = inside("kafkajs/src/protocol/requests/produce/v3/request");
const frame: (asked: object) => Promise<Encoder> = inside("kafkajs/src/protocol/request");
const RequestQueue: { prototype: { scheduleCheckPendingRequests(this: object): void } } = inside(
  "kafkajs/src/network/requestQueue",
);
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
  return [whole.buffer, size];
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

  test("its check sum is CRC-32C at every length", () => {
    expect(crc32C(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32C(Buffer.from("123456789"))).toBe(0xe3069283);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(crc32C(Buffer.from(bytes))).toBe(crcOf(bytes));
      }),
    );
  });

  test("an empty queue of requests sets no timer", () => {
    const queue = { pending: [], throttledUntil: -1, throttleCheckTimeoutId: null };
    RequestQueue.prototype.scheduleCheckPendingRequests.call(queue);
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });
});
