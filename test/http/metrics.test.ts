import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { MemoryBus } from "../../shared/bus/memory.ts";
import { picture, spec, withBench } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { type Edge, edgeOf, expectProblem, jobFrom, sendRaw } from "./edge.ts";

/** The samples by their name and labels, as Prometheus reads them. */
async function samples(app: Edge): Promise<Map<string, number>> {
  const response = await app.request("/metrics");
  expect(response.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
  const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  for (const line of lines) expect(line).toMatch(/^[a-z_]\w*(\{(\w+="[^"\n]*",?)+\})? \S+$/);
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}

describe("P8: GET /metrics", () => {
  test("tells of jobs, tiles, workers, requests, the disk and the process", () =>
    withBench({}, async (bench) => {
      const app = edgeOf(bench);
      new OwnWorker(bench.bus, bench.buffers, (task, worker) => worker.answer(task));
      const image = new Uint8Array(readFileSync(await picture(bench.folder, spec(120, 90))));
      const { id } = await jobFrom(await sendRaw(app, image, "?pipeline=blur&tile_size=64"));
      const { progress } = await bench.master.wait(id);
      const seen = await samples(app);
      expect(seen.get('tessera_jobs_total{state="done"}')).toBe(1);
      expect(seen.get('tessera_jobs_total{state="failed"}')).toBe(0);
      expect(seen.get('tessera_jobs{state="done"}')).toBe(1);
      expect(seen.get("tessera_queue_jobs")).toBe(0);
      expect(seen.get('tessera_tiles_total{outcome="done"}')).toBe(progress.tiles_total);
      expect(seen.get("tessera_tile_duration_seconds_count")).toBe(progress.tiles_total);
      expect(seen.get('tessera_workers{state="live"}')).toBe(1);
      expect(seen.get("tessera_disk_free_bytes")).toBeGreaterThan(0);
      expect(seen.get("process_resident_memory_bytes")).toBeGreaterThan(1e6);
      expect([...seen.keys()].some((name) => name.startsWith("nodejs_eventloop_lag_"))).toBe(true);
      const posted =
        'tessera_http_request_duration_seconds_count{method="POST",route="/v1/jobs",status="202"}';
      expect(seen.get(posted)).toBe(1);
      // Asked again, nothing has been counted twice.
      expect((await samples(app)).get('tessera_jobs_total{state="done"}')).toBe(1);
    }));

  test("P5: however many addresses are asked for, there are as many series as routes", () =>
    withBench({}, async (bench) => {
      const app = edgeOf(bench);
      for (let i = 0; i < 50; i++) await Promise.all([app.request(`/v1/jobs/${i}`), app.request(`/no/${i}`)]);
      const counts = [...(await samples(app))].filter(([name]) =>
        name.includes("request_duration_seconds_count"),
      );
      expect(counts.map(([, count]) => count)).toEqual([50, 50]);
      expect(counts.map(([name]) => name).join()).toContain('route="/v1/jobs/:id"');
    }));
});

describe("GET /readyz", () => {
  test("says that jobs would be taken, and who is missing", () =>
    withBench({}, async (bench) => {
      const app = edgeOf(bench);
      const answer = async () => (await app.request("/readyz")).json();
      expect(await answer()).toEqual({ status: "ready", warnings: ["No worker is there: jobs wait."] });
      new OwnWorker(bench.bus, bench.buffers, (task, worker) => worker.answer(task));
      while (bench.master.workers().length === 0) await new Promise((resolve) => setImmediate(resolve));
      expect(await answer()).toEqual({ status: "ready", warnings: [] });
    }));

  test("says that nothing is carried between master and workers", async () => {
    let trouble: "bus_unreachable" | undefined;
    const bus = Object.assign(new MemoryBus(), { trouble: () => trouble });
    await withBench({ bus }, async (bench) => {
      const app = edgeOf(bench);
      expect((await app.request("/readyz")).status).toBe(200);
      trouble = "bus_unreachable";
      expect(await expectProblem(await app.request("/readyz"), "not_ready")).toBe("bus: bus_unreachable.");
    });
  });

  test("says why they would not", () =>
    withBench({ limits: { freeBytesMin: Number.MAX_SAFE_INTEGER } }, async (bench) => {
      const app = edgeOf(bench);
      expect(await expectProblem(await app.request("/readyz"), "not_ready")).toBe("disk: disk_full.");
      await bench.master.stop();
      expect(await expectProblem(await app.request("/readyz"), "not_ready")).toContain("store: ");
    }));
});
