import { expect, test } from "bun:test";
import { spansOf } from "../../shared/bus/kafka/groups.ts";
import { PROTOCOL } from "../../shared/bus/messages.ts";
import { spec } from "../engine/harness.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { Fleet } from "./fleet.ts";
import { expectDone, type Order, submit } from "./job.ts";
import { seconds } from "./processes.ts";

const ORDER: Order = { source: spec(400, 300, 1), pipeline: "invert | blur" };
/** 1024 tiles. */
const LONG: Order = { source: spec(2048, 2048, 1), pipeline: "bilateral(radius=4)" };
const JOINS = 3;
/** Far more than it takes, far less than the two minutes after which a tile is missed. */
const GAP_MAX_MS = 60_000;
/** Some seconds, by the heartbeats of two workers. */
const SIGNALS = 10;

describeOnKafka("workers that do not match their master", ({ broker }) => {
  test("P1, P8: are shown with what differs, get nothing, and others do the work", () =>
    Fleet.run(broker().address, async (fleet) => {
      const { client } = await fleet.master();
      const watch = await fleet.watch();
      fleet.startOddWorker({ differs: "invert" }, { TESSERA_WORKER_NAME: "other-pixels" });
      fleet.startOddWorker({ later: true }, { TESSERA_WORKER_NAME: "later" });
      const workers = await watch.until(
        () => client.workers(),
        (all) => all.filter(({ partitions }) => partitions === 3).length === 2,
      );
      const shown = new Map(workers.map((worker) => [worker.name, worker]));
      expect(shown.get("other-pixels")).toMatchObject({
        state: "incompatible",
        protocol: PROTOCOL,
        differs: ["invert"],
      });
      expect(shown.get("later")).toMatchObject({
        state: "incompatible",
        protocol: PROTOCOL + 1,
        differs: [],
      });

      const id = await submit(client, fleet.folder, ORDER);
      let signals = 0;
      await watch.until(
        () => signals++,
        (count) => count >= SIGNALS,
      );
      expect(await client.job(id)).toMatchObject({ state: "running", progress: { tiles_done: 0 } });
      expect((await spansOf(fleet.settings, "tasks")).every(({ end }) => end === 0n)).toBe(true);

      await fleet.workers(1, { TESSERA_WORKER_NAME: "right" });
      const { retried } = await expectDone(client, watch, id, fleet.folder, ORDER);
      expect(retried).toBe(0);
      const right = (await client.workers()).find(({ name }) => name === "right")!;
      expect(new Set(watch.of(id).map(({ worker }) => worker))).toEqual(new Set([right.id]));
    }));

  test("P4: coming and going in mid-job they keep no tile", () =>
    Fleet.run(broker().address, async (fleet) => {
      const { client } = await fleet.master();
      const watch = await fleet.watch();
      await fleet.workers(1);
      const id = await submit(client, fleet.folder, LONG);
      const more = (tiles: number) => watch.tiles(id, Math.min(watch.of(id).length + tiles, 1000));
      await more(50);
      for (let join = 0; join < JOINS; join++) {
        const later = fleet.startOddWorker({ later: true }, { TESSERA_WORKER_NAME: `later-${join}` });
        await later.says("It works on something else.");
        await more(50);
        expect(await later.end("SIGTERM")).toBe(0);
        await more(50);
      }
      const { retried } = await expectDone(client, watch, id, fleet.folder, LONG);
      expect(retried).toBe(0);
      expect(watch.longestGap(id)).toBeLessThan(GAP_MAX_MS);
      console.log(`longest gap between tiles ${seconds(watch.longestGap(id))}`);
    }));
});
