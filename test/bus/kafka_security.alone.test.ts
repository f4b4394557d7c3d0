import { expect, test } from "bun:test";
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} from "kafkajs";
import type { KafkaSettings } from "../../shared/bus/kafka/client.ts";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import type { TesseraError } from "../../shared/errors.ts";
import { USERS } from "../support/kafka.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { countdown, packedTask, task } from "./tasks.ts";

describeOnKafka(
  "a Kafka that demands TLS and a login",
  ({ broker, installation }) => {
    async function settingsOf(
      username: keyof typeof USERS,
      changes: Partial<KafkaSettings["sasl"]> = {},
    ): Promise<KafkaSettings & { prefix: string }> {
      const { prefix = "" } = await installation();
      const { address, ca } = broker().secure!;
      const sasl = { mechanism: "scram-sha-512" as const, username, password: USERS[username], ...changes };
      return { brokers: [address], prefix, tls: { ca }, sasl };
    }
    const faultOf = (settings: KafkaSettings) =>
      KafkaBus.connect({ settings }).then(
        () => undefined,
        (error: TesseraError) => error.code,
      );

    test.each(["plain", "scram-sha-512"] as const)("serves who logs in by %s", async (mechanism) => {
      const bus = await KafkaBus.connect({ settings: await settingsOf("worker", { mechanism }) });
      try {
        const served = countdown(1);
        bus.subscribe("tasks", 1, async () => served.hit());
        await bus.publish("tasks", packedTask(task(1)));
        await served.done;
      } finally {
        await bus.close();
      }
    });

    test("a wrong password is called that", async () => {
      expect(await faultOf(await settingsOf("worker", { password: "guessed" }))).toBe("bus_login_refused");
    });

    test("a certificate that nobody vouches for is called that", async () => {
      const settings = await settingsOf("worker");
      expect(await faultOf({ ...settings, tls: {} })).toBe("bus_certificate_untrusted");
    });

    test("who does not speak TLS gets no connection", async () => {
      const { brokers, prefix, sasl } = await settingsOf("worker");
      expect(await faultOf({ brokers, prefix, ...(sasl && { sasl }) })).toBe("bus_unreachable");
    });

    test("who may see nothing is told that topics are missing, or hidden", async () => {
      expect(await faultOf(await settingsOf("stranger"))).toBe("bus_topic_missing");
    });

    test("who may only look can neither publish nor join, and is told why", async () => {
      const settings = await settingsOf("stranger");
      await allowToLook(broker().address, settings.prefix);
      const faults: string[] = [];
      const troubled = countdown(1);
      const bus = await KafkaBus.connect({
        settings,
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
  true,
);

async function allowToLook(address: string, prefix: string): Promise<void> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await admin.createAcls({
      acl: [
        {
          resourceType: AclResourceTypes.TOPIC,
          resourceName: prefix,
          resourcePatternType: ResourcePatternTypes.PREFIXED,
          principal: "User:stranger",
          host: "*",
          operation: AclOperationTypes.DESCRIBE,
          permissionType: AclPermissionTypes.ALLOW,
        },
      ],
    });
  } finally {
    await admin.disconnect();
  }
}
