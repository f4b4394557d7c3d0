import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes } from "kafkajs";
import { USERS } from "../../kafka/security.ts";
import { addAcls, recipe, removeAcls } from "../bus/acl.ts";
import { spec } from "../engine/harness.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { clientOf, Fleet } from "./fleet.ts";
import { expectDone, type Order, submit } from "./job.ts";
import { codes } from "./processes.ts";

const ORDER: Order = { source: spec(400, 300, 1), pipeline: "blur(sigma=1.2)" };
const { TOPIC, GROUP } = AclResourceTypes;
const { READ, WRITE } = AclOperationTypes;

/** What each process needs; of a group the name begins so. */
const RIGHTS = [
  ["master", "write", "tasks", TOPIC, WRITE],
  ["master", "read", "results", TOPIC, READ],
  ["master", "read", "heartbeats", TOPIC, READ],
  ["master", "join", "master-", GROUP, READ],
  ["master", "join", "heartbeats-", GROUP, READ],
  ["worker", "read", "tasks", TOPIC, READ],
  ["worker", "join", "image-workers", GROUP, READ],
  ["worker", "write", "results", TOPIC, WRITE],
  ["worker", "write", "heartbeats", TOPIC, WRITE],
] as const;

describeOnKafka(
  "a Kafka that asks who it is",
  ({ broker }) => {
    /** Settings of a process that logs in. */
    function loginOf(fleet: Fleet, user: keyof typeof USERS, ca = broker().secure!.ca) {
      const file = join(fleet.folder, `${user}.pem`);
      writeFileSync(file, ca);
      return {
        TESSERA_KAFKA_BROKERS: broker().secure!.login.join(","),
        TESSERA_KAFKA_CA: file,
        TESSERA_KAFKA_SASL: "scram-sha-512",
        TESSERA_KAFKA_USERNAME: user,
        TESSERA_KAFKA_PASSWORD: USERS[user],
        TESSERA_KAFKA_CREATE_TOPICS: "false",
      };
    }
    const startBoth = (fleet: Fleet) => ({
      master: fleet.startMaster(loginOf(fleet, "master")),
      worker: fleet.startWorker(loginOf(fleet, "worker")),
    });

    test.each([
      ["bus_login_refused", "guessed", undefined],
      ["bus_certificate_untrusted", USERS.master, () => broker().secure!.forged.ca],
    ] as const)(
      "P8: what no waiting mends is said in one line, and ends the process: %s",
      (code, password, ca) =>
        Fleet.run(broker().address, async (fleet) => {
          const env = { ...loginOf(fleet, "master", ca?.()), TESSERA_KAFKA_PASSWORD: password };
          for (const { exited, said, complaints } of [fleet.startMaster(env), fleet.startWorker(env)]) {
            expect(await exited).toBe(1);
            expect(codes(complaints)).toEqual([code]);
            expect(said).toHaveLength(1);
          }
        }),
    );

    test("P8: each right that is taken away is named, and all goes on once it is given again", () =>
      Fleet.run(broker().address, async (fleet) => {
        const { folder, prefix, settings } = fleet;
        const all = recipe(prefix);
        await Promise.all([addAcls(settings, all), fleet.createTopics()]);
        const processes = startBoth(fleet);
        const client = await clientOf(processes.master);
        await processes.worker.says("works on");
        const watch = await fleet.watch();
        for (const [user, verb, name, resourceType, operation] of RIGHTS) {
          const right = {
            principal: `User:${user}`,
            resourceType,
            operation,
            resourceName: `${prefix}${name}`,
          };
          const denied = all
            .filter((acl) =>
              Object.entries(right).every(([key, value]) => acl[key as keyof typeof acl] === value),
            )
            .map((acl) => ({ ...acl, permissionType: AclPermissionTypes.DENY }));
          expect([user, verb, name, denied.length]).toEqual([user, verb, name, 1]);
          const before = processes[user].said.length;
          await addAcls(settings, denied);
          const id = await submit(client, folder, ORDER);
          const line = await processes[user].says("bus_not_allowed", before);
          expect(line).toMatch(verb === "write" ? `Sending to ${prefix}${name}:` : "Reading ");
          expect(line).toContain(`${prefix}${name}`);
          expect(line).toContain(
            verb === "join" ? "Not authorized to access group" : "Not authorized to access topics",
          );
          await removeAcls(settings, denied);
          await expectDone(client, watch, id, folder, ORDER);
        }
        for (const { complaints } of Object.values(processes))
          expect(new Set(codes(complaints))).toEqual(new Set(["bus_not_allowed"]));
      }));

    test("P8: topics that are missing, or hidden, are named and waited for", () =>
      Fleet.run(broker().address, async (fleet) => {
        const processes = startBoth(fleet);
        const both = Object.values(processes);
        for (const process of both) {
          const line = await process.says("bus_topic_missing");
          for (const topic of ["tasks", "results", "heartbeats"])
            expect(line).toContain(fleet.prefix + topic);
        }
        await fleet.createTopics();
        await addAcls(fleet.settings, recipe(fleet.prefix));
        const client = await clientOf(processes.master);
        await processes.worker.says("works on");
        const watch = await fleet.watch();
        const id = await submit(client, fleet.folder, ORDER);
        await expectDone(client, watch, id, fleet.folder, ORDER);
      }));
  },
  { secured: true },
);
