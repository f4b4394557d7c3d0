import { expect, test } from "bun:test";
import { spec } from "../engine/harness.ts";
import { describeOnKafka, smallTopics } from "../support/on_kafka.ts";
import { Fleet } from "./fleet.ts";
import { ended, expectDone, type Order, submit } from "./job.ts";
import { codes } from "./processes.ts";

const LARGE: Order = { source: spec(600, 500), pipeline: "invert", tileSize: 512 };
const SMALL: Order = { source: spec(32, 32, 1), pipeline: "invert" };
/** Of a message; less than a tile of the one, more than one of the other. */
const BYTES_MAX = 10_000;

describeOnKafka("messages that are larger than their topic takes", ({ broker }) => {
  test.each(["tasks", "results"] as const)("P6: %s: the job says so, and everybody lives on", (topic) =>
    Fleet.run(broker().address, async (fleet) => {
      const usual = smallTopics(1);
      await fleet.createTopics({ [topic]: { ...usual[topic], messageBytesMax: BYTES_MAX } });
      const { process, client } = await fleet.master({ TESSERA_KAFKA_CREATE_TOPICS: "false" });
      const watch = await fleet.watch();
      const [worker] = await fleet.workers(1);
      const { job } = await ended(client, watch, await submit(client, fleet.folder, LARGE));
      expect(job.error?.code).toBe("bus_message_too_large");
      expect(job.error?.message).toStartWith(
        "A message is larger than its topic takes. Raise max.message.bytes. Tile ",
      );
      expect(job.error?.message).toContain(`Sending to ${fleet.prefix}${topic}: `);
      const next = await submit(client, fleet.folder, SMALL);
      await expectDone(client, watch, next, fleet.folder, SMALL);
      for (const { complaints } of [process, worker!]) expect(codes(complaints)).toEqual([]);
    }),
  );
});
