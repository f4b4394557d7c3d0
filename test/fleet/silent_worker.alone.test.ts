import { expect, test } from "bun:test";
import { inLong, spec } from "../engine/harness.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { Fleet } from "./fleet.ts";
import { expectDone, type Order, submit } from "./job.ts";
import type { MasterClient } from "./master_client.ts";
import { type Process, seconds } from "./processes.ts";
import { Spy } from "./spy.ts";
import type { Watch } from "./watch.ts";

/** Two stages of 144 tiles: there is work left for the others when a worker is missed. */
const ORDER: Order = {
  source: spec(1536, 1536),
  pipeline: "bilateral(radius=12) | contrast | sharpen",
  tileSize: 128,
};
/** Tiles that are done when something happens. */
const UNDER_WAY = 20;
/** Kafka gives a member up after 10 s; the master asks others after 2. Without that they are missed after two minutes. */
const WITH_OTHERS_MS = inLong(60_000, 8000);

interface Scene {
  readonly fleet: Fleet;
  readonly client: MasterClient;
  readonly watch: Watch;
  readonly one: Process;
  /** Sends the signal to one of two workers in mid-job. @returns milliseconds until others had done what it had */
  strike(signal: "SIGKILL" | "SIGSTOP"): Promise<void>;
}

describeOnKafka("a worker that is not heard any more", ({ broker }) => {
  const setting = (body: (scene: Scene) => Promise<void>) =>
    Fleet.run(broker().address, async (fleet) => {
      const { client } = await fleet.master();
      const watch = await fleet.watch();
      const spy = await Spy.open(fleet.settings);
      const [one] = await fleet.workers(1, { TESSERA_WORKER_NAME: "one" });
      await fleet.workers(1, { TESSERA_WORKER_NAME: "two" });
      const { id: name } = (await client.workers()).find(({ name }) => name === "one")!;
      const strike = async (signal: "SIGKILL" | "SIGSTOP") => {
        const id = await submit(client, fleet.folder, ORDER);
        await watch.tiles(id, UNDER_WAY);
        one!.signal(signal);
        const struck = performance.now();
        const tileOf = ({ stage, tile }: { stage: number; tile: number }) => `${stage} ${tile}`;
        await expectDone(client, watch, id, fleet.folder, ORDER);
        const its = new Set(spy.tasks.filter((task) => task.job === id && task.worker === name).map(tileOf));
        const had = watch.of(id).filter((tile) => tile.worker !== name && its.has(tileOf(tile)));
        expect(had.length).toBeGreaterThan(0);
        const ms = had.at(-1)!.atMs - struck;
        expect(ms).toBeLessThan(WITH_OTHERS_MS);
        const gap = watch.longestGap(id);
        expect(gap).toBeLessThan(WITH_OTHERS_MS);
        console.log(
          `${signal}: ${had.length} tiles of its were done by others after ${seconds(ms)}; longest gap between tiles ${seconds(gap)}`,
        );
      };
      try {
        await body({ fleet, client, watch, one: one!, strike });
      } finally {
        await spy.close();
      }
    });

  test("P3: killed: its tiles are with others long before Kafka has missed it", () =>
    setting(({ strike }) => strike("SIGKILL")));

  test("P3, P4: stopped: the same; woken after Kafka has given it up, it works on", () =>
    setting(async ({ fleet, client, watch, one, strike }) => {
      await strike("SIGSTOP");
      const share = (name: string, partitions: number) =>
        watch.until(
          () => client.workers(),
          (workers) => workers.some((each) => each.name === name && each.partitions === partitions),
        );
      await share("two", 6);
      one.signal("SIGCONT");
      const woken = performance.now();
      await share("two", 3);
      console.log(`woken, it had its share after ${seconds(performance.now() - woken)}`);
      const id = await submit(client, fleet.folder, ORDER);
      await expectDone(client, watch, id, fleet.folder, ORDER);
      expect(new Set(watch.of(id).map(({ worker }) => worker)).size).toBe(2);
      expect(one.complaints).toEqual([]);
    }));
});
