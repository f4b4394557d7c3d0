import { expect, test } from "bun:test";
import { createClient } from "../../client/client.ts";
import { freePorts } from "../../kafka/ports.ts";
import { spec } from "../engine/harness.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { clientOf, Fleet } from "./fleet.ts";
import { expectDone, type Order, submit } from "./job.ts";
import { codes, seconds } from "./processes.ts";

const ORDER: Order = { source: spec(1024, 1024, 1), pipeline: "blur(sigma=1.2) | contrast | sharpen" };
const LOST = "bus_unreachable";
const BACK = "Kafka answers again.";
const WELL_FOR_MS = 2000;

describeOnKafka("a broker that is away", ({ broker }) => {
  const node = () => broker().nodes[0]!;

  test("P8: at the start: each says so in one line, and works as soon as it is there", async () => {
    await node().kill();
    await Fleet.run(broker().address, async (fleet) => {
      const [master, worker] = [fleet.startMaster(), fleet.startWorker()];
      for (const process of [master, worker]) {
        const line = await process.says(LOST);
        expect(line).toContain("Kafka cannot be reached. Check the brokers' addresses and that they run.");
        expect(line).toContain(broker().address);
      }
      await node().start();
      const client = await clientOf(master);
      await worker.says("works on");
      const watch = await fleet.watch();
      const id = await submit(client, fleet.folder, ORDER);
      await expectDone(client, watch, id, fleet.folder, ORDER);
      expect(codes(master.complaints)).toEqual([LOST]);
      // It may come before the master has made the topics.
      expect(codes(worker.complaints).filter((code) => code !== "bus_topic_missing")).toEqual([LOST]);
      for (const { complaints } of [master, worker])
        expect(complaints.filter((line) => line === BACK)).toHaveLength(1);
    });
  });

  test("P3, P8: in mid-job: each says so, the worker is not well, and all go on to the same bytes", async () => {
    const [port] = await freePorts(1);
    await Fleet.run(broker().address, async (fleet) => {
      const { process: master, client } = await fleet.master();
      const service = createClient({ url: client.url });
      const watch = await fleet.watch();
      const env = { TESSERA_WORKER_HEALTH_PORT: String(port) };
      const workers = [fleet.startWorker(), fleet.startOddWorker({ wellForMs: WELL_FOR_MS }, env)];
      await Promise.all(workers.map((worker) => worker.says("works on")));
      const health = async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
        return { http: answer.status, ...((await answer.json()) as { partitions: number }) };
      };
      const id = await submit(client, fleet.folder, ORDER);
      await watch.tiles(id, 60);
      await watch.until(health, ({ http, partitions }) => http === 200 && partitions === 3);
      await node().kill();
      const killed = performance.now();
      const all = [master, ...workers];
      await Promise.all(all.map((process) => process.says(LOST)));
      const said = performance.now() - killed;
      let unwell = await health();
      while (unwell.http === 200) unwell = await health();
      expect(unwell).toMatchObject({ http: 503, status: "no heartbeat reaches Kafka" });
      const ready = async () => (await fetch(new URL("/readyz", client.url))).status;
      while ((await ready()) !== 503) await health();
      expect(await service.listTopics()).toEqual({ topics: [], trouble: "bus_unreachable" });
      await node().start();
      const started = performance.now();
      await Promise.all(all.map((process) => process.says(BACK)));
      const back = performance.now() - started;
      await watch.until(health, ({ http }) => http === 200);
      await watch.until(ready, (status) => status === 200);
      await expectDone(client, watch, id, fleet.folder, ORDER);
      // Workers tell twice a second what they have done.
      const tasks = async () => (await service.listTopics()).topics.find(({ topic }) => topic === "tasks");
      await watch.until(tasks, (topic) => topic?.missing === false && topic.lag === 0);
      for (const { complaints } of all) expect(codes(complaints)).toEqual([LOST]);
      console.log(
        `the broker's end was said after ${seconds(said)}, its return ${seconds(back)} after its start; longest gap between tiles ${seconds(watch.longestGap(id))}`,
      );
    });
  });
});
