import { expect, test } from "bun:test";
import { ATTEMPTS_MAX } from "../../master/dispatch/stage_run.ts";
import { spec } from "../engine/harness.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { Fleet } from "./fleet.ts";
import { expectDone, type Order, submit } from "./job.ts";
import { seconds } from "./processes.ts";
import { Spy } from "./spy.ts";

/** Two stages of 100 tiles. */
const ORDER: Order = {
  source: spec(1280, 1280),
  pipeline: "bilateral(radius=8) | contrast | sharpen",
  tileSize: 128,
};

const ONE_TILE: Order = { source: spec(1024, 1024), pipeline: "bilateral(radius=8)", tileSize: 1024 };

describeOnKafka("kill -9 in mid-job, and a new start", ({ broker }) => {
  test.each([
    ["the master, in the first stage", 60, false],
    ["the master, in the second stage", 130, false],
    ["the master and a worker together", 80, true],
  ] as const)("P3: %s: the job ends by itself, with the same bytes", (_, tiles, both) =>
    Fleet.run(broker().address, async (fleet) => {
      const { process, client } = await fleet.master();
      const watch = await fleet.watch();
      const [worker] = await fleet.workers(2);
      const id = await submit(client, fleet.folder, ORDER);
      // By its own word, so that some of them are marked by then.
      await watch.until(
        () => client.job(id),
        ({ progress }) => progress.tiles_done >= tiles,
      );
      const killed = performance.now();
      const ends = await Promise.all([process.end("SIGKILL"), ...(both ? [worker!.end("SIGKILL")] : [])]);
      expect(new Set(ends)).toEqual(new Set(["SIGKILL"]));
      if (both) fleet.startWorker();
      const next = await fleet.master();
      const { progress } = await next.client.job(id);
      await expectDone(next.client, watch, id, fleet.folder, ORDER);
      expect(progress.tiles_done).toBeGreaterThan(0); // what was marked is not done again
      console.log(
        `${progress.tiles_done} tiles were marked; done ${seconds(performance.now() - killed)} after the kill, longest gap between tiles ${seconds(watch.longestGap(id))}`,
      );
    }),
  );

  test("P3: the master again and again, each time with the only tile out: that is not the tile's fault", () =>
    Fleet.run(broker().address, async (fleet) => {
      let { process, client } = await fleet.master();
      const watch = await fleet.watch();
      await fleet.workers(1);
      const sent: (() => void)[] = [];
      const spy = await Spy.open(fleet.settings, () => sent.shift()?.());
      const out = Promise.withResolvers<void>();
      sent.push(out.resolve);
      const id = await submit(client, fleet.folder, ONE_TILE);
      await out.promise;
      for (let kill = 1; kill <= ATTEMPTS_MAX + 1; kill++) {
        await process.end("SIGKILL");
        const again = Promise.withResolvers<void>();
        sent.push(again.resolve);
        ({ process, client } = await fleet.master());
        await again.promise;
      }
      await expectDone(client, watch, id, fleet.folder, ONE_TILE);
      await spy.close();
    }));
});
