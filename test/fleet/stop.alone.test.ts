import { expect, test } from "bun:test";
import { freePorts } from "../../kafka/ports.ts";
import { inLong, spec } from "../engine/harness.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { Fleet } from "./fleet.ts";
import { expectDone, type Order, submit } from "./job.ts";
import { seconds } from "./processes.ts";

/** Two stages of 100 tiles; the first one's take so long that several wait at a worker. */
const ORDER: Order = {
  source: spec(1280, 1280),
  pipeline: "bilateral(radius=8) | contrast | sharpen",
  tileSize: 128,
};
/** Tiles that are done when something happens. */
const UNDER_WAY = 20;
/** Generous: it takes half a second. Who waits for what does not come waits for minutes. */
const LEFT_MS = inLong(60_000, 8000);
/** Two waits for a broker that does not answer, and some. */
const GIVEN_UP_MS = inLong(60_000, 15_000);

describeOnKafka("SIGTERM", ({ broker }) => {
  test("P3: a worker ends what it has begun, and leaves at once: no attempt is lost", () =>
    Fleet.run(broker().address, async (fleet) => {
      const { client } = await fleet.master();
      const watch = await fleet.watch();
      const [leaving] = await fleet.workers(2);
      const id = await submit(client, fleet.folder, ORDER);
      await watch.tiles(id, UNDER_WAY);
      const told = performance.now();
      expect(await leaving!.end("SIGTERM")).toBe(0);
      const left = performance.now() - told;
      const [gone, other] = await watch.until(
        () => client.workers(),
        (workers) => workers.some(({ partitions }) => partitions === 6),
      );
      const moved = performance.now() - told;
      expect([gone, other].map((worker) => worker?.state).sort()).toEqual(["left", "live"]);
      const { retried } = await expectDone(client, watch, id, fleet.folder, ORDER);
      expect(retried).toBe(0);
      expect(leaving!.complaints).toEqual([]);
      expect(moved).toBeLessThan(LEFT_MS);
      console.log(
        `a worker ended ${seconds(left)} after SIGTERM, its partitions were another's after ${seconds(moved)}; ` +
          `longest gap between tiles ${seconds(watch.longestGap(id))}`,
      );
    }));

  test("P3: a master notes where its job stands, and the next one goes on", () =>
    Fleet.run(broker().address, async (fleet) => {
      const { process, client } = await fleet.master();
      const watch = await fleet.watch();
      await fleet.workers(2);
      const id = await submit(client, fleet.folder, ORDER);
      await watch.until(
        () => client.job(id),
        (job) => job.progress.tiles_done >= UNDER_WAY,
      );
      expect(await process.end("SIGTERM")).toBe(0);
      expect(process.complaints).toEqual([]);
      const next = await fleet.master();
      const { progress } = await next.client.job(id);
      expect(progress.tiles_done).toBeGreaterThan(0);
      const { retried } = await expectDone(next.client, watch, id, fleet.folder, ORDER);
      expect(retried).toBe(0);
    }));

  test("while they wait for a broker they end at once", async () => {
    const [port] = await freePorts(1);
    await Fleet.run(`127.0.0.1:${port}`, async (fleet) => {
      const waiting = [fleet.startMaster(), fleet.startWorker()];
      await Promise.all(waiting.map((process) => process.says("bus_unreachable")));
      const told = performance.now();
      expect(await Promise.all(waiting.map((process) => process.end("SIGTERM")))).toEqual([0, 0]);
      expect(performance.now() - told).toBeLessThan(LEFT_MS);
    });
  });

  test("P3: with the broker gone they do not wait for it, and lose no attempt", () =>
    Fleet.run(broker().address, async (fleet) => {
      const { process, client } = await fleet.master();
      const watch = await fleet.watch();
      const [leaving] = await fleet.workers(2);
      const id = await submit(client, fleet.folder, ORDER);
      await watch.tiles(id, UNDER_WAY);
      await broker().nodes[0]!.kill();
      await Promise.all([process.says("bus_unreachable"), leaving!.says("bus_unreachable")]);
      const told = performance.now();
      expect(await Promise.all([process.end("SIGTERM"), leaving!.end("SIGTERM")])).toEqual([0, 0]);
      const left = performance.now() - told;
      expect(left).toBeLessThan(GIVEN_UP_MS);
      console.log(`with the broker gone a master and a worker ended ${seconds(left)} after SIGTERM`);
      await broker().nodes[0]!.start();
      const next = await fleet.master();
      const { retried } = await expectDone(next.client, watch, id, fleet.folder, ORDER);
      expect(retried).toBe(0);
    }));
});
