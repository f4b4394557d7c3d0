import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { WorkerView } from "../../master/workers/roster.ts";
import { picture, spec, turn, withBench } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { as, edgeWithCallers } from "./callers.ts";
import { edgeOf, expectProblem, jobFrom, sendRaw } from "./edge.ts";

describe("a worker that is drained", () => {
  test("gets no tiles until that is undone; a heartbeat undoes nothing", () =>
    withBench({}, async (bench) => {
      const app = edgeOf(bench);
      let tasks = 0;
      const own = new OwnWorker(bench.bus, bench.buffers, (task, worker) => {
        tasks++;
        return worker.answer(task);
      });
      while (bench.master.workers().length === 0) await turn();
      const { id } = bench.master.workers()[0]!;
      const post = async (what: string) =>
        (await (await app.request(`/v1/workers/${id}/${what}`, { method: "POST" })).json()) as WorkerView;
      expect(await post("drain")).toMatchObject({ id, state: "draining" });
      const image = new Uint8Array(readFileSync(await picture(bench.folder, spec(120, 90))));
      const job = await jobFrom(await sendRaw(app, image, "?pipeline=invert"));
      await own.beat();
      for (let i = 0; i < 50; i++) await turn();
      expect([tasks, bench.master.workers()[0]!.state]).toEqual([0, "draining"]);
      expect(await post("undrain")).toMatchObject({ state: "live" });
      await own.beat();
      expect((await bench.master.wait(job.id)).state).toBe("done");
    }));

  test.each(["drain", "undrain"])("P7: %s is for admins, since everyone's jobs are on it", (what) =>
    withBench({}, async (bench) => {
      const app = edgeWithCallers(bench);
      const ask = (scope: "operate" | "admin") =>
        app.request(`/v1/workers/nobody/${what}`, { method: "POST", headers: as("ann", scope) });
      await expectProblem(await ask("operate"), "forbidden");
      await expectProblem(await ask("admin"), "worker_not_found");
    }),
  );

  test.each(["drain", "undrain"])("%s of one that is not there", (what) =>
    withBench({}, async (bench) => {
      const answer = await edgeOf(bench).request(`/v1/workers/nobody/${what}`, { method: "POST" });
      await expectProblem(answer, "worker_not_found");
    }),
  );
});
