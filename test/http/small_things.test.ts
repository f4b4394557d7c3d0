/** P5, P7: what is little by itself, and much by its number. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { openEngine } from "../../embedded/engine.ts";
import type { JobView } from "../../master/jobs/job.ts";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import { PreviewPool } from "../../master/preview/pool.ts";
import { Shelf } from "../../master/preview/shelf.ts";
import type { Scope } from "../../shared/api/scopes.ts";
import { picture, spec, withBench } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { inFolder } from "../support/folder.ts";
import { addedBy, addForm, BatchRoom, create, json } from "./batch_room.ts";
import { as, edgeWithCallers } from "./callers.ts";
import { type Edge, edgeOf, expectProblem, jobFrom, sendRaw } from "./edge.ts";
import { guard } from "./guarded.ts";

let room: BatchRoom;
beforeAll(async () => {
  room = await BatchRoom.enter();
});
afterAll(() => room.leave());

const heights = Array.from({ length: 4096 }, (_, i) => i / 4096);
/** As much as a pipeline may have. */
const MUCH = [{ op: "curve", points: [heights, heights.map(() => 0.5), heights.map(() => 1)] }];

describe("P5: a pipeline with thousands of numbers", () => {
  test("is told with each of its jobs, so it may not have any number of them", async () => {
    const { app } = room.open();
    const steps = [...MUCH, ...MUCH, ...MUCH];
    await expectProblem(await json(app, "/v1/batches", { pipeline: steps }), "pipeline_too_long");
    await create(app, { pipeline: MUCH });
  });

  test("makes pages of jobs shorter, and no job is left out", async () => {
    const { app } = room.open();
    const { id } = await create(app, { pipeline: MUCH });
    const files = Array.from({ length: 110 }, (_, i): [string, typeof room.image] => [
      `${i}.png`,
      room.image,
    ]);
    const added = await addedBy(addForm(app, id, files));
    const found: string[] = [];
    for (let query = ""; ; ) {
      const text = await (await app.request(`/v1/jobs?limit=1000${query}`)).text();
      expect(text.length).toBeLessThan(6e6);
      const page = JSON.parse(text) as { jobs: JobView[]; next_cursor?: string };
      found.push(...page.jobs.map((job) => job.id));
      if (page.next_cursor === undefined) break;
      query = `&cursor=${page.next_cursor}`;
    }
    expect(found).toEqual(added.jobs.map((job) => job.id).reverse());
    expect(found).toHaveLength(110);
  });
});

describe("P5: batches that nothing is sent to", () => {
  test("are not made without end", async () => {
    const { app, bench } = room.open();
    for (let i = 0; i < 999; i++) bench.master.batches.create("local", "", {});
    const { id } = await create(app);
    expect(await expectProblem(await json(app, "/v1/batches", {}), "quota_reached")).toContain("1000");
    await addedBy(room.addRaw(app, id));
    await create(app);
  });

  test("nor on a disk that is full", async () => {
    const { app } = room.open({ freeBytesMin: Number.MAX_SAFE_INTEGER });
    await expectProblem(await json(app, "/v1/batches", {}), "disk_full");
  });
});

test("P5: of images to be looked at only so many are at hand, however small they are", () =>
  inFolder(async (folder) => {
    const path = await picture(folder, spec(1, 1));
    const pool = new PreviewPool();
    const limits = { ...DEFAULT_LIMITS, freeBytesMin: 0 };
    const dir = join(folder, "shelf");
    const bounds = { bytesMax: 1 << 30, keptMs: 3_600_000, placesMax: 3 };
    const shelf = new Shelf({ dir, limits, ...bounds, pool, now: Date.now });
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) await shelf.look(name, path, "srgb", () => Promise.resolve());
    expect(names.filter((name) => shelf.has(name))).toEqual(["c", "d", "e"]);
    expect(readdirSync(dir)).toHaveLength(3);
    await pool.close();
  }));

describe("P7: a key that may only send", () => {
  test("sees nothing of jobs by looking at what a pipeline would make of them", () =>
    withBench({}, async (bench) => {
      const app = edgeWithCallers(bench);
      const sent = await app.request("/v1/jobs", {
        ...{
          method: "POST",
          body: room.image,
          headers: { ...as("ada", "submit"), "content-type": "image/png" },
        },
      });
      const { id } = await jobFrom(sent);
      const look = (...scopes: Scope[]) =>
        app.request("/v1/preview", {
          ...{ method: "POST", body: JSON.stringify({ job: id }) },
          headers: { ...as("ada", ...scopes), "content-type": "application/json" },
        });
      expect(await expectProblem(await look("submit"), "forbidden")).toContain("'read'");
      expect((await look("submit", "read")).status).toBe(200);
    }));
});

test("P7: a wrong key counts as one wherever it stands, also among the protocols of a socket", () =>
  withBench({ limits: { each: { ...DEFAULT_LIMITS.each, signInFailuresPerMinute: 2 } } }, async (bench) => {
    const { app } = guard(bench);
    const ask = () =>
      app.request("/v1/events", { headers: { "sec-websocket-protocol": "tessera, tessera.key.wrong" } });
    for (const code of ["unauthorized", "unauthorized", "rate_limited"] as const)
      await expectProblem(await ask(), code);
  }));

describe("P7: names that others have sent", () => {
  const sources = async (app: Edge, name: string) => {
    const { id, source } = await jobFrom(await sendRaw(app, room.image, `?name=${encodeURIComponent(name)}`));
    return {
      shown: source.name,
      file: (await app.request(`/v1/jobs/${id}/source`)).headers.get("content-disposition"),
    };
  };

  test("move no cursor and turn no text", () =>
    withBench({}, async (bench) => {
      const app = edgeOf(bench);
      const { shown } = await sources(app, "a\u202egpj\u009b31m\u2028b\u0085c\u2066.png");
      expect(shown).toBe("agpj31mbc.png");
      const wrong = [
        { name: "scans \u001b[2J" },
        { labels: { project: "\u009b31m" } },
        { labels: { project: "\u202exe" } },
      ];
      for (const body of wrong) await expectProblem(await json(app, "/v1/batches", body), "request_invalid");
    }));

  test("make no page and no program of an image", () =>
    withBench({}, async (bench) => {
      const app = edgeOf(bench);
      expect((await sources(app, "page.html")).file).toContain('filename="page.html.png"');
      expect((await sources(app, "photo.JPG")).file).toContain('filename="photo.JPG"');
    }));
});

test("P7: what a browser keeps is not for the next one who signs in there", () =>
  withBench({ limits: { sourceKeptMs: 3_600_000 } }, async (bench) => {
    const app = edgeOf(bench);
    new OwnWorker(bench.bus, bench.buffers, (task, worker) => worker.answer(task));
    const { id } = await jobFrom(await sendRaw(app, room.image));
    await bench.master.wait(id);
    for (const path of ["result", "source", "preview", "zoom/result_files/0/0_0.jpeg"]) {
      const { status, headers } = await app.request(`/v1/jobs/${id}/${path}`);
      expect([status, headers.get("cache-control")]).toEqual([200, expect.stringMatching(/^private/)]);
      expect(headers.get("vary")).toContain("Cookie");
    }
  }));

test("P7: the master's folder is its user's only", () =>
  inFolder(async (folder) => {
    const dir = join(folder, "data");
    const engine = openEngine({ dir, threads: 1 });
    await engine.stop();
    expect(statSync(dir).mode & 0o777).toBe(0o700);
  }));

test("P6: what is expected of a text is said", () =>
  withBench({}, async (bench) => {
    const app = edgeOf(bench);
    const detail = async (path: string) => expectProblem(await app.request(path), "request_invalid");
    expect(await detail(`/v1/jobs/${"x".repeat(101)}`)).toBe("id: expected a text of 1 to 100 characters.");
    expect(await detail("/v1/jobs?after=yesterday")).toContain('a time like "2026-');
  }));
