import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { unpackTar } from "modern-tar";
import type { BatchView } from "../../shared/api/batch.ts";
import { unzip } from "../batches/zip.ts";
import type { Bench } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { addedBy, addForm, addUrls, BatchRoom, create, json, namesOf } from "./batch_room.ts";
import { edgeWithCallers } from "./callers.ts";
import { type Body, type Edge, expectProblem, uploadsIn } from "./edge.ts";

let room: BatchRoom;
beforeAll(async () => {
  room = await BatchRoom.enter();
});
afterAll(() => room.leave());

const work = ({ bus, buffers }: Bench) => new OwnWorker(bus, buffers, (task, worker) => worker.answer(task));
const see = async (app: Edge, id: string): Promise<BatchView> =>
  (await (await app.request(`/v1/batches/${id}`)).json()) as BatchView;

describe("a batch", () => {
  test("is begun with what is to be done, and is empty", async () => {
    const { app } = room.open();
    const batch = await create(app, {
      ...{ name: "scans", pipeline: "invert | blur(sigma=1)", format: "webp", labels: { project: "alpha" } },
      ...{ webhook: room.urlOf("/hook"), priority: 7 },
    });
    expect(batch).toMatchObject({
      ...{ name: "scans", owner: "local", labels: { project: "alpha" }, webhook: room.urlOf("/hook") },
      ...{ images: 0, ended: false, progress: { tiles_done: 0, tiles_total: 0 } },
      pipeline: [{ op: "invert" }, { op: "blur", sigma: 1 }],
    });
    expect(await see(app, batch.id)).toEqual(batch);
  });

  test("takes images as a body, as many in a form, and by their addresses; each is a job with its options", async () => {
    const { app, bench } = room.open();
    const { id } = await create(app, { pipeline: "flip", format: "webp", labels: { a: "b" }, priority: 7 });
    const raw = await addedBy(room.addRaw(app, id, "?name=raw.png"));
    expect(raw.jobs[0]).toMatchObject({
      ...{ batch: id, labels: { a: "b" }, priority: 7, pipeline: [{ op: "flip" }] },
      ...{ source: { name: "raw.png" }, output: { format: "webp" } },
    });
    const form = await addedBy(
      addForm(
        app,
        id,
        ["1.png", "../2.png", "3.png"].map((name) => [name, room.image]),
      ),
    );
    expect(namesOf(form)).toEqual(["1.png", "2.png", "3.png"]);
    expect(namesOf(await addedBy(addUrls(app, id, room.urlOf("/a/4.png"), room.urlOf("/5.png?x"))))).toEqual([
      ...["4.png", "5.png"],
    ]);
    const named = { sources: [{ url: room.urlOf("/x"), name: "six.png" }] };
    expect(namesOf(await addedBy(json(app, `/v1/batches/${id}/images`, named)))).toEqual(["six.png"]);
    expect(await see(app, id)).toMatchObject({ images: 7, ended: false, progress: { tiles_total: 7 } });
    const listed = (await (await app.request(`/v1/jobs?batch=${id}`)).json()) as { jobs: object[] };
    expect(listed.jobs).toHaveLength(7);
    expect(uploadsIn(bench.dir)).toHaveLength(7);
  });

  test("sums what its jobs have done, and says when all have ended", async () => {
    const { app, bench } = room.open();
    const { id } = await create(app, { pipeline: "invert", tile_size: 64 });
    const other = await create(app, {});
    const { jobs } = await addedBy(
      addForm(app, id, [
        ["a.png", room.image],
        ["b.png", room.image],
      ]),
    );
    const [extra] = (await addedBy(room.addRaw(app, other.id))).jobs;
    bench.master.pause(jobs[1]!.id);
    work(bench);
    await bench.master.wait(jobs[0]!.id);
    expect(await see(app, id)).toMatchObject({
      ...{ images: 2, ended: false, progress: { tiles_total: 8 }, jobs: { done: 1, paused: 1 } },
    });
    bench.master.resume(jobs[1]!.id);
    for (const { id } of [jobs[1]!, extra!]) await bench.master.wait(id);
    expect(await see(app, id)).toMatchObject({
      ...{ ended: true, progress: { tiles_done: 8, tiles_total: 8 }, jobs: { done: 2, paused: 0 } },
    });
  });

  test("is cancelled with all of its jobs, and no others", async () => {
    const { app, bench } = room.open();
    const { id } = await create(app);
    const other = await create(app);
    await addedBy(
      addForm(
        app,
        id,
        Array.from({ length: 6 }, (_, i) => [`${i}.png`, room.image]),
      ),
    );
    await addedBy(room.addRaw(app, other.id));
    const response = await app.request(`/v1/batches/${id}/cancel`, { method: "POST" });
    expect((await response.json()) as BatchView).toMatchObject({ ended: true, jobs: { cancelled: 6 } });
    expect((await see(app, other.id)).jobs.cancelled).toBe(0);
    expect(bench.master.count({ states: ["cancelled"] })).toBe(6);
  });

  test("stands in the list, the newest first, page by page", async () => {
    const { app } = room.open();
    for (const name of ["a", "b", "c", "d", "e"]) await create(app, { name });
    interface Page {
      readonly batches: BatchView[];
      readonly next_cursor?: string;
      readonly previous_cursor?: string;
    }
    const page = async (query: string) => (await (await app.request(`/v1/batches?${query}`)).json()) as Page;
    const first = await page("limit=2");
    const second = await page(`limit=2&cursor=${first.next_cursor}`);
    const third = await page(`limit=2&cursor=${second.next_cursor}`);
    const namesIn = ({ batches }: Page) => batches.map(({ name }) => name).join("");
    expect([first, second, third].map(namesIn)).toEqual(["ed", "cb", "a"]);
    expect([first.previous_cursor, second.previous_cursor, third.next_cursor]).toEqual(
      Array(3).fill(undefined),
    );
    expect(await page(`limit=2&cursor=${third.previous_cursor}`)).toEqual(second);
  });
});

describe("its results", () => {
  test("come in one archive, those that are done, each once and under a name of its own", async () => {
    const { app, bench } = room.open();
    work(bench);
    const { id } = await create(app, { pipeline: "invert", format: "webp" });
    const names = ["a.png", "A.jpg", "../../evil.png", "CON.png"];
    const { jobs } = await addedBy(
      addForm(
        app,
        id,
        names.map((name) => [name, room.image]),
      ),
    );
    for (const job of jobs) await bench.master.wait(job.id);
    const wanted = ["a.webp", "A (2).webp", "evil.webp", "_CON.webp"].map((name, i) => ({
      name,
      bytes: new Uint8Array(readFileSync(bench.master.resultPath(jobs[i]!.id))),
    }));
    const zip = await app.request(`/v1/batches/${id}/results`);
    expect(zip.headers.get("content-type")).toBe("application/zip");
    expect(zip.headers.get("content-disposition")).toBe(`attachment; filename="${id}.zip"`);
    expect(
      unzip(await zip.bytes()).map(({ name, bytes }) => ({ name, bytes: new Uint8Array(bytes) })),
    ).toEqual(wanted);
    const tar = await app.request(`/v1/batches/${id}/results?format=tar`);
    expect(tar.headers.get("content-type")).toBe("application/x-tar");
    const unpacked = await unpackTar(await tar.bytes());
    expect(unpacked.map(({ header, data }) => ({ name: header.name, bytes: data! }))).toEqual(wanted);
  });

  test("are refused as long as there are none", async () => {
    const { app } = room.open();
    const { id } = await create(app);
    await addedBy(room.addRaw(app, id));
    await expectProblem(await app.request(`/v1/batches/${id}/results`), "batch_without_results");
    await expectProblem(await app.request(`/v1/batches/${id}/results?format=rar`), "request_invalid");
  });
});

test("P7: another owner's batch is not there, and every route takes its scope", async () => {
  const { bench } = room.open();
  const app = edgeWithCallers(bench);
  const { id } = bench.master.batches.create("owner", "", {});
  const as = (owner: string, scopes: string) => ({ headers: { "x-caller": `${owner}/${scopes}` } });
  const post = (body: Body, type: string) => ({
    method: "POST",
    body,
    headers: { "content-type": type },
  });
  const routes: [path: string, scope: string, init: RequestInit][] = [
    ["", "read", {}],
    ["/results", "read", {}],
    ["/cancel", "operate", { method: "POST" }],
    ["/images", "submit", post(room.image, "image/png")],
    ["", "operate", { method: "DELETE" }],
  ];
  for (const [path, scope, init] of routes) {
    const ask = (owner: string, scopes: string) =>
      Promise.resolve(
        app.request(`/v1/batches/${id}${path}`, {
          ...init,
          headers: { ...(init.headers as object), ...as(owner, scopes).headers },
        }),
      );
    const others = ["submit", "read", "operate"].filter((each) => each !== scope).join(",");
    await expectProblem(await ask("owner", others), "forbidden");
    await expectProblem(await ask("stranger", scope), "batch_not_found");
    expect([200, 202, 204, 409]).toContain((await ask("owner", scope)).status);
  }
  const kept = bench.master.batches.create("owner", "", {});
  const list = async (owner: string) => (await app.request("/v1/batches", as(owner, "read"))).text();
  expect([(await list("owner")).includes(kept.id), (await list("stranger")).includes(kept.id)]).toEqual([
    true,
    false,
  ]);
});
