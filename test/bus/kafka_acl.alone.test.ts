import { beforeAll, expect, test } from "bun:test";
import { USERS } from "../../kafka/security.ts";
import { BRISK, type KafkaSettings, kafkaClient } from "../../shared/bus/kafka/client.ts";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import { busFault } from "../../shared/bus/kafka/faults.ts";
import { createTopics } from "../../shared/bus/kafka/topics.ts";
import { describeOnKafka, smallTopics } from "../support/on_kafka.ts";
import { addAcls, recipe } from "./acl.ts";
import { countdown, packedTask, task } from "./tasks.ts";

const PREFIX = "shop.";
const TOPICS = ["tasks", "results", "heartbeats", "dead-letters"];

type User = keyof typeof USERS;

/** Who takes part in a topic does so in this group. */
const GROUP_OF: Readonly<Record<string, string>> = {
  tasks: "image-workers",
  results: "master-7",
  heartbeats: "heartbeats-f81d4f",
  "dead-letters": "image-workers",
};

describeOnKafka(
  "the rights that the recipe gives",
  ({ broker }) => {
    const settingsOf = (user: User): KafkaSettings => {
      const { login, ca } = broker().secure!;
      const sasl = { mechanism: "scram-sha-512", username: user, password: USERS[user] } as const;
      return { brokers: login, prefix: PREFIX, tls: { ca }, sasl };
    };
    const everybody = (): KafkaSettings => ({ brokers: [broker().address], prefix: PREFIX });

    beforeAll(async () => {
      await addAcls(everybody(), recipe(PREFIX));
      await createTopics(settingsOf("admin"), smallTopics(1));
      await create(settingsOf("admin"), TOPICS);
      for (const topic of TOPICS) await send(everybody(), topic);
    });

    test("let a master and a worker do their work over the bus", async () => {
      const master = await KafkaBus.connect({ settings: settingsOf("master") });
      const worker = await KafkaBus.connect({ settings: settingsOf("worker") });
      try {
        const served = countdown(1);
        worker.subscribe("tasks", 1, async ({ protocol, master: by, job, stage, tile, attempt, token }) => {
          const name = { protocol, master: by, job, stage, tile, attempt, token };
          await worker.publish("results", {
            ...name,
            ok: false,
            worker: "w",
            code: "op_failed",
            message: "",
          });
          served.hit();
        });
        await master.publish("tasks", packedTask(task(1)));
        await served.done;
        await receive(settingsOf("master"), "results", "master-7");
      } finally {
        await Promise.all([master.close(), worker.close()]);
      }
    });

    test.each([
      ["master", ["tasks", "dead-letters"]],
      ["worker", ["results", "heartbeats"]],
      ["admin", []],
      ["stranger", []],
    ] as const)("let a %s write to these topics only: %p", async (user, topics) => {
      const written = await allowedOf(TOPICS, (topic) => send(settingsOf(user), topic));
      expect(written.toSorted()).toEqual(topics.toSorted());
    });

    test.each([
      ["master", ["results", "heartbeats"]],
      ["worker", ["tasks"]],
      ["admin", []],
      ["stranger", []],
    ] as const)("let a %s read these topics only: %p", async (user, topics) => {
      const read = await allowedOf(TOPICS, (topic) => receive(settingsOf(user), topic, GROUP_OF[topic]!));
      expect(read.toSorted()).toEqual(topics.toSorted());
    });

    test("let nobody into a group of others", async () => {
      const workerIn = (group: string) => receive(settingsOf("worker"), "tasks", group);
      expect(await allowedOf(["master-7", "image-workers-2", "another"], workerIn)).toEqual([]);
      const masterIn = (group: string) => receive(settingsOf("master"), "results", group);
      expect(await allowedOf(["image-workers", "another"], masterIn)).toEqual([]);
      expect(await allowedOf(["master-8"], masterIn)).toEqual(["master-8"]);
    });

    test("let nobody but the admin create topics, and him no others", async () => {
      const creates = (user: User) =>
        allowedOf(["tasks", "more"], (topic) => create(settingsOf(user), [topic]));
      expect(await creates("admin")).toEqual(["tasks"]);
      for (const user of ["master", "worker", "stranger"] as const) expect(await creates(user)).toEqual([]);
    });

    test("who may see nothing is told that topics are missing, or hidden", async () => {
      const fault = await KafkaBus.connect({ settings: settingsOf("stranger") }).catch(
        (error: unknown) => error,
      );
      expect(fault).toMatchObject({ code: "bus_topic_missing" });
    });

    test("who may only look can neither publish nor join, and is told why", async () => {
      const faults: string[] = [];
      const troubled = countdown(1);
      const bus = await KafkaBus.connect({
        settings: settingsOf("admin"),
        onTrouble: ({ code }) => {
          faults.push(code);
          troubled.hit();
        },
      });
      try {
        const refused = await bus.publish("tasks", packedTask(task(1))).catch((error: unknown) => error);
        expect(refused).toMatchObject({ code: "bus_not_allowed" });
        bus.subscribe("tasks", 1, () => Promise.resolve());
        await troubled.done;
        expect(faults).toEqual(["bus_not_allowed"]);
      } finally {
        await bus.close();
      }
    });
  },
  { secured: true },
);

/** Those for which the attempt succeeds; whoever fails must be told that he is not allowed to. */
async function allowedOf(
  names: readonly string[],
  attempt: (name: string) => Promise<void>,
): Promise<string[]> {
  const allowed: string[] = [];
  for (const name of names) {
    const code = await attempt(name).then(
      () => undefined,
      (error: unknown) => busFault(error, "internal").code,
    );
    if (code === undefined) allowed.push(name);
    else expect(`${name}: ${code}`).toBe(`${name}: bus_not_allowed`);
  }
  return allowed;
}

async function create(settings: KafkaSettings, topics: readonly string[]): Promise<void> {
  const admin = kafkaClient(settings, BRISK).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      waitForLeaders: false,
      topics: topics.map((topic) => ({ topic: `${PREFIX}${topic}`, numPartitions: 1 })),
    });
  } finally {
    await admin.disconnect();
  }
}

async function send(settings: KafkaSettings, topic: string): Promise<void> {
  const producer = kafkaClient(settings, BRISK).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    await producer.send({ topic: `${PREFIX}${topic}`, messages: [{ value: "one" }] });
  } finally {
    await producer.disconnect();
  }
}

/** Joins the group and reads one message. */
async function receive(settings: KafkaSettings, topic: string, group: string): Promise<void> {
  const retry = { ...BRISK, restartOnFailure: async () => false };
  const consumer = kafkaClient(settings, BRISK).consumer({ groupId: `${PREFIX}${group}`, retry });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => {}); // it may be rejected before anybody waits
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [`${PREFIX}${topic}`], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachMessage: async () => resolve() });
    await promise;
  } finally {
    await consumer.disconnect();
  }
}
