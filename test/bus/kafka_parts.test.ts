import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Producer, ProducerRecord, RecordMetadata } from "kafkajs";
import { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from "kafkajs";
import { busFault } from "../../shared/bus/kafka/faults.ts";
import { Inbox } from "../../shared/bus/kafka/inbox.ts";
import { Sender } from "../../shared/bus/kafka/sender.ts";
import { Watermark } from "../../shared/bus/kafka/watermark.ts";
import { encode, type Refusal } from "../../shared/bus/kafka/wire.ts";
import { PROTOCOL, type Result } from "../../shared/bus/messages.ts";
import type { ErrorCode } from "../../shared/errors.ts";

const failure = (tile: number, message = "no"): Result => ({
  protocol: PROTOCOL,
  master: "master",
  job: "job",
  stage: 0,
  tile,
  attempt: 1,
  token: "token",
  ok: false,
  worker: "w",
  code: "op_failed",
  message,
});

const fetched = (offset: number) => ({ offset: BigInt(offset), wire: encode("results", failure(offset)) });

describe("the watermark", () => {
  test("stands at the first message that is not done, whatever the order", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(50), { minLength: 1 }),
        fc.infiniteStream(fc.nat()),
        (numbers, dice) => {
          const offsets = numbers.toSorted((a, b) => a - b); // with gaps, as Kafka may have
          const watermark = new Watermark(BigInt(offsets[0]!));
          for (const offset of offsets) expect(watermark.take(BigInt(offset))).toBe(true);
          expect(watermark.uncommitted()).toBeUndefined();
          const open = [...offsets];
          while (open.length > 0) {
            const [done] = open.splice(dice.next().value! % open.length, 1);
            watermark.finish(BigInt(done!));
            const mark = open[0] ?? offsets.at(-1)! + 1;
            expect(watermark.uncommitted()).toBe(mark > offsets[0]! ? BigInt(mark) : undefined);
          }
          watermark.commit(watermark.next);
          expect(watermark.uncommitted()).toBeUndefined();
        },
      ),
    );
  });

  test("takes no message twice", () => {
    const watermark = new Watermark(5n);
    expect([5n, 6n, 5n, 6n, 7n].map((offset) => watermark.take(offset))).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]);
  });
});

/** An inbox whose handlers wait until the test ends them. */
function inboxOf(atOnce: number, messagesMax: number) {
  const working = new Map<number, PromiseWithResolvers<void>>();
  const refusals: Refusal[] = [];
  let abandoned = 0;
  const inbox = new Inbox<"results">({
    topic: "results",
    atOnce,
    messagesMax,
    bytesMax: 1024,
    handler: ({ tile }) => {
      const work = Promise.withResolvers<void>();
      working.set(tile, work);
      return work.promise;
    },
    onRefused: (refusal) => refusals.push(refusal),
    onAbandoned: () => abandoned++,
  });
  const end = async (tile: number, rejects = false) => {
    const work = working.get(tile)!;
    working.delete(tile);
    if (rejects) work.reject(new Error("not this time"));
    else work.resolve();
    await new Promise(setImmediate);
  };
  return { inbox, working, refusals, end, abandoned: () => abandoned };
}

const mark = (partition: number, offset: number) => ({ partition, offset: BigInt(offset) });

describe("the inbox", () => {
  test("works on as many as it may, says when it is full and when there is room", async () => {
    const { inbox, working, end } = inboxOf(2, 3);
    inbox.take(0, [fetched(0), fetched(1), fetched(2)]);
    expect([...working.keys()]).toEqual([0, 1]);
    expect(inbox.isFull()).toBe(true);
    const room = inbox.room(60_000);
    await end(0);
    await room;
    expect(inbox.isFull()).toBe(false);
    expect([...working.keys()]).toEqual([1, 2]);
  });

  test("commits nothing that is behind a message at work", async () => {
    const { inbox, end } = inboxOf(3, 9);
    inbox.take(0, [fetched(4), fetched(5), fetched(6)]);
    await end(5);
    await end(6);
    expect(inbox.uncommitted()).toEqual([]);
    await end(4);
    expect(inbox.uncommitted()).toEqual([mark(0, 7)]);
    inbox.committed(inbox.uncommitted());
    expect(inbox.uncommitted()).toEqual([]);
  });

  test("drops what is damaged, and goes on behind it", async () => {
    const { inbox, refusals, end } = inboxOf(1, 9);
    inbox.take(0, [{ offset: 0n, wire: { headers: {}, value: new Uint8Array(9) } }, fetched(1)]);
    expect(refusals).toEqual(["version"]);
    await end(1);
    expect(inbox.uncommitted()).toEqual([mark(0, 2)]);
  });

  test("gives up a message that is rejected for ever", async () => {
    const { inbox, end, abandoned } = inboxOf(1, 9);
    inbox.take(0, [fetched(0)]);
    for (let delivery = 1; delivery <= 10; delivery++) await end(0, true);
    expect(abandoned()).toBe(1);
    expect(inbox.uncommitted()).toEqual([mark(0, 1)]);
  });

  test("forgets the partitions that it loses, keeps the rest", async () => {
    const { inbox, working, end } = inboxOf(2, 9);
    inbox.take(0, [fetched(0), fetched(1)]);
    inbox.take(1, [fetched(10), fetched(11)]);
    expect(inbox.keep([1])).toEqual([mark(1, 12)]);
    await end(0);
    await end(1);
    expect([...working.keys()]).toEqual([10, 11]);
    expect(inbox.uncommitted()).toEqual([]); // what was done of a lost partition is another's to commit
    await end(10);
    expect(inbox.uncommitted()).toEqual([mark(1, 11)]);
  });

  test("drains: ends what it began, begins nothing, and leaves the rest uncommitted", async () => {
    const { inbox, working, end } = inboxOf(1, 9);
    inbox.take(0, [fetched(0), fetched(1)]);
    const drained = inbox.drain();
    expect(inbox.isFull()).toBe(true);
    await end(0);
    await drained;
    expect([...working.keys()]).toEqual([]);
    expect(inbox.uncommitted()).toEqual([mark(0, 1)]);
  });
});

const answered = (topic: string, changes: Partial<RecordMetadata> = {}): RecordMetadata[] => [
  { topicName: topic, partition: 0, errorCode: 0, baseOffset: "7", ...changes },
];

/** A sender whose sends the test answers. */
function senderOf(sendsAtOnce: number) {
  const sends: { record: ProducerRecord; answer: PromiseWithResolvers<RecordMetadata[]> }[] = [];
  const producer = {
    send(record: ProducerRecord) {
      const answer = Promise.withResolvers<RecordMetadata[]>();
      sends.push({ record, answer });
      return answer.promise;
    },
  };
  return {
    sends,
    sender: new Sender({
      producer: producer as unknown as Producer,
      nameOf: (topic) => topic,
      sendsAtOnce,
      onSent: () => {},
    }),
  };
}

describe("the sender", () => {
  test("has a bounded number of sends under way; what waits meanwhile goes together, by one key", async () => {
    const { sends, sender } = senderOf(2);
    const published = [1, 2, 3, 4, 5].map((tile) => sender.publish("results", failure(tile)));
    expect(sends.map(({ record }) => record.messages.length)).toEqual([1, 1]);
    sends[0]!.answer.resolve(answered("results"));
    await published[0];
    await new Promise(setImmediate);
    expect(sends.map(({ record }) => record.messages.length)).toEqual([1, 1, 3]);
    expect(sends.map(({ record }) => [...new Set(record.messages.map(({ key }) => key))])).toEqual([
      ["0"],
      ["1"],
      ["2"],
    ]);
    for (const { answer } of sends) answer.resolve(answered("results"));
    await Promise.all(published);
  });

  test("sends no more than 1 MiB together", async () => {
    const { sends, sender } = senderOf(1);
    const long = "x".repeat(400 * 1024);
    const published = [1, 2, 3, 4].map((tile) => sender.publish("results", failure(tile, long)));
    for (let send = 0; send < 3; send++) {
      sends[send]!.answer.resolve(answered("results"));
      await new Promise(setImmediate);
    }
    await Promise.all(published);
    expect(sends.map(({ record }) => record.messages.length)).toEqual([1, 2, 1]);
  });

  const lies: [string, RecordMetadata[]][] = [
    ["nothing", []],
    ["another topic", answered("tasks")],
    ["an error", answered("results", { errorCode: 6 })],
    ["no offset", answered("results", { baseOffset: "-1" })],
  ];
  test.each(lies)("an answer that does not cover the send (%s) is not believed", async (_, lie) => {
    const { sends, sender } = senderOf(1);
    const published = sender.publish("results", failure(1)).catch((error: unknown) => error);
    for (let attempt = 0; attempt < 3; attempt++) {
      sends[attempt]!.answer.resolve(lie);
      await new Promise(setImmediate);
    }
    expect(await published).toMatchObject({ code: "bus_send_failed" });
  });
});

describe("what kafkajs throws", () => {
  const retried = (cause: Error) =>
    Object.assign(new KafkaJSNumberOfRetriesExceeded(cause, { retryCount: 4, retryTime: 100 }), { cause });
  const protocol = (type: string) =>
    new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 1 }) as never);
  type Row = [string, Error, ErrorCode];
  const table: Row[] = [
    ["broker away", retried(new KafkaJSConnectionError("Connection error: ECONNREFUSED")), "bus_unreachable"],
    [
      "own CA",
      retried(new KafkaJSConnectionError("Connection error: self signed certificate")),
      "bus_certificate_untrusted",
    ],
    ...[
      "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", // what Java says of one that is missing
      "ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN",
      "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED",
      "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
      "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    ].map(
      (alert): Row => [
        alert,
        retried(new KafkaJSConnectionError("Connection error: alert", { code: alert })),
        "bus_client_certificate_refused",
      ],
    ),
    ["no topic", retried(protocol("UNKNOWN_TOPIC_OR_PARTITION")), "bus_topic_missing"],
    ["topic ACL", protocol("TOPIC_AUTHORIZATION_FAILED"), "bus_not_allowed"],
    ["too large", protocol("MESSAGE_TOO_LARGE"), "bus_message_too_large"],
    ["something new", new Error("?"), "bus_send_failed"],
  ];
  test.each(table)("%s has a code of ours", (_, thrown, code) => {
    expect(busFault(thrown).code).toBe(code);
  });
});
