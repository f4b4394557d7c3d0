import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unpackTar } from "modern-tar";
import { DEFAULT_LIMITS, type Limits } from "../../master/limits.ts";
import type { Added, BatchView } from "../../shared/api/batch.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import { unzip } from "../batches/zip.ts";
import { type Bench, openBench, picture, spec } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { answerOf, type RawServer, rawServer } from "../outbound/servers.ts";
import { edgeWithCallers } from "./callers.ts";
import { type Body, type Edge, edgeOf, expectProblem, UPLOAD_BYTES_MAX, uploadsIn } from "./edge.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-batches-"));
const opened: Bench[] = [];
let server: RawServer;
let answer: (socket: Socket) => void = (socket) => socket.end(answerOf("200 OK", {}, Buffer.from(image)));
let image: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  image = new Uint8Array(readFileSync(await picture(folder, spec(120, 90))));
  server = await rawServer((socket) => answer(socket));
});
afterAll(async () => {
  server.stop();
  for (const { master } of opened) await master.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** With nobody at work, unless a test has somebody. */
function open(limits: Partial<Limits> = {}, more: object = {}): { bench: Bench; app: Edge } {
  const bench = openBench(join(folder, `${opened.length}`), {
    outbound: { allow: ["127.0.0.1"], ports: [server.port], ...more },
    webhooks: { secret: "a secret of some length" },
    limits: { ...limits, each: { ...DEFAULT_LIMITS.each, ...limits.each } },
  });
  opened.push(bench);
  return { bench, app: edgeOf(bench) };
}
const work = ({ bus, buffers }: Bench) => new OwnWorker(bus, buffers, (task, worker) => worker.answer(task));

const json = (app: Edge, path: string, body: unknown) =>
  Promise.resolve(
    app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );

async function create(app: Edge, options: object = {}): Promise<BatchView> {
  const response = await json(app, "/v1/batches", options);
  expect(response.status).toBe(201);
  const batch = (await response.json()) as BatchView;
  expect(response.headers.get("location")).toBe(`/v1/batches/${batch.id}`);
  return batch;
}

const addRaw = (app: Edge, id: string, query = "", body: Body = image, type = "image/png") =>
  Promise.resolve(
    app.request(`/v1/batches/${id}/images${query}`, {
      method: "POST",
      body,
      headers: { "content-type": type },
    }),
  );
const addForm = (
  app: Edge,
  id: string,
  files: [name: string, content: string | Uint8Array<ArrayBuffer>][],
) => {
  const form = new FormData();
  for (const [name, content] of files) form.append("image", new Blob([content]), name);
  return Promise.resolve(app.request(`/v1/batches/${id}/images`, { method: "POST", body: form }));
};
const urlOf = (path: string): string => `http://127.0.0.1:${server.port}${path}`;
const addUrls = (app: Edge, id: string, ...urls: string[]) =>
  json(app, `/v1/batches/${id}/images`, { sources: urls.map((url) => ({ url })) });

async function addedBy(response: Response | Promise<Response>): Promise<Added> {
  const { status, ...rest } = await response;
  expect([status, rest]).toEqual([202, rest]);
  return (await response).json() as Promise<Added>;
}
const namesOf = ({ jobs }: Added): string[] => jobs.map(({ source }) => source.name);
const see = async (app: Edge, id: string): Promise<BatchView> =>
  (await (await app.request(`/v1/batches/${id}`)).json()) as BatchView;

describe("a batch", () => {
  test("is begun with what is to be done, and is empty", async () => {
    const { app } = open();
    const batch = await create(app, {
      ...{ name: "scans", pipeline: "invert | blur(sigma=1)", format: "webp", labels: { project: "alpha" } },
      ...{ webhook: urlOf("/hook"), priority: 7 },
    });
    expect(batch).toMatchObject({
      ...{ name: "scans", owner: "local", labels: { project: "alpha" }, webhook: urlOf("/hook") },
      ...{ images: 0, ended: false, progress: { tiles_done: 0, tiles_total: 0 } },
      pipeline: [{ op: "invert" }, { op: "blur", sigma: 1 }],
    });
    expect(await see(app, batch.id)).toEqual(batch);
  });

  test("takes images as a body, as many in a form, and by their addresses; each is a job with its options", async () => {
    const { app, bench } = open();
    const { id } = await create(app, { pipeline: "flip", format: "webp", labels: { a: "b" }, priority: 7 });
    const raw = await addedBy(addRaw(app, id, "?name=raw.png"));
    expect(raw.jobs[0]).toMatchObject({
      ...{ batch: id, labels: { a: "b" }, priority: 7, pipeline: [{ op: "flip" }] },
      ...{ source: { name: "raw.png" }, output: { format: "webp" } },
    });
    const form = await addedBy(
      addForm(
        app,
        id,
        ["1.png", "../2.png", "3.png"].map((name) => [name, image]),
      ),
    );
    expect(namesOf(form)).toEqual(["1.png", "2.png", "3.png"]);
    expect(namesOf(await addedBy(addUrls(app, id, urlOf("/a/4.png"), urlOf("/5.png?x"))))).toEqual([
      ...["4.png", "5.png"],
    ]);
    const named = { sources: [{ url: urlOf("/x"), name: "six.png" }] };
    expect(namesOf(await addedBy(json(app, `/v1/batches/${id}/images`, named)))).toEqual(["six.png"]);
    expect(await see(app, id)).toMatchObject({ images: 7, ended: false, progress: { tiles_total: 7 } });
    const listed = (await (await app.request(`/v1/jobs?batch=${id}`)).json()) as { jobs: object[] };
    expect(listed.jobs).toHaveLength(7);
    expect(uploadsIn(bench.dir)).toHaveLength(7);
  });

  test("sums what its jobs have done, and says when all have ended", async () => {
    const { app, bench } = open();
    const { id } = await create(app, { pipeline: "invert", tile_size: 64 });
    const other = await create(app, {});
    const { jobs } = await addedBy(
      addForm(app, id, [
        ["a.png", image],
        ["b.png", image],
      ]),
    );
    const [extra] = (await addedBy(addRaw(app, other.id))).jobs;
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
    const { app, bench } = open();
    const { id } = await create(app);
    const other = await create(app);
    await addedBy(
      addForm(
        app,
        id,
        Array.from({ length: 6 }, (_, i) => [`${i}.png`, image]),
      ),
    );
    await addedBy(addRaw(app, other.id));
    const response = await app.request(`/v1/batches/${id}/cancel`, { method: "POST" });
    expect((await response.json()) as BatchView).toMatchObject({ ended: true, jobs: { cancelled: 6 } });
    expect((await see(app, other.id)).jobs.cancelled).toBe(0);
    expect(bench.master.count({ states: ["cancelled"] })).toBe(6);
  });

  test("stands in the list, the newest first, page by page", async () => {
    const { app } = open();
    for (const name of ["a", "b", "c"]) await create(app, { name });
    const page = async (query: string) => {
      const response = await app.request(`/v1/batches?${query}`);
      return (await response.json()) as { batches: BatchView[]; next_cursor?: string };
    };
    const first = await page("limit=2");
    expect(first.batches.map(({ name }) => name)).toEqual(["c", "b"]);
    const second = await page(`limit=2&cursor=${first.next_cursor}`);
    expect([second.batches.map(({ name }) => name), second.next_cursor]).toEqual([["a"], undefined]);
  });
});

describe("its results", () => {
  test("come in one archive, those that are done, each once and under a name of its own", async () => {
    const { app, bench } = open();
    work(bench);
    const { id } = await create(app, { pipeline: "invert", format: "webp" });
    const names = ["a.png", "A.jpg", "../../evil.png", "CON.png"];
    const { jobs } = await addedBy(
      addForm(
        app,
        id,
        names.map((name) => [name, image]),
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
    const { app } = open();
    const { id } = await create(app);
    await addedBy(addRaw(app, id));
    await expectProblem(await app.request(`/v1/batches/${id}/results`), "batch_without_results");
    await expectProblem(await app.request(`/v1/batches/${id}/results?format=rar`), "request_invalid");
  });
});

describe("P6: what is refused leaves nothing", () => {
  test("one image of many: the others are taken", async () => {
    const { app, bench } = open();
    const { id } = await create(app);
    const files: [string, string | Uint8Array<ArrayBuffer>][] = [
      ["text.png", "hello, this is not an image at all"],
      ["1.png", image],
      ["empty.png", ""],
      ["large.png", new Uint8Array([...image, ...new Uint8Array(UPLOAD_BYTES_MAX)])],
      ["half.png", image.subarray(0, 20)],
      ["2.png", image],
    ];
    const added = await addedBy(addForm(app, id, files));
    expect(namesOf(added)).toEqual(["1.png", "2.png"]);
    expect(added.refused.map(({ name, code }) => [name, code])).toEqual([
      ["text.png", "image_unknown_type"],
      ["empty.png", "image_empty"],
      ["large.png", "upload_too_large"],
      ["half.png", "image_truncated"],
    ]);
    expect(uploadsIn(bench.dir)).toHaveLength(2);
    const inside = await addedBy(
      addUrls(app, id, "file:///etc/passwd", urlOf("/3.png"), "http://10.0.0.1/4.png"),
    );
    expect([namesOf(inside), inside.refused.map(({ name, code }) => `${name} ${code}`)]).toEqual([
      ["3.png"],
      ["passwd url_refused", "4.png url_refused"],
    ]);
  });

  test("P5: more images than a batch may have, also at once", async () => {
    const { app, bench } = open({ batchImagesMax: 3 });
    const { id } = await create(app);
    const statuses = (await Promise.all(Array.from({ length: 6 }, () => addRaw(app, id)))).map(
      (each) => each.status,
    );
    expect(statuses.sort()).toEqual([202, 202, 202, 409, 409, 409]);
    expect(await expectProblem(await addRaw(app, id), "batch_full")).toContain("3");
    expect(uploadsIn(bench.dir)).toHaveLength(3);
  });

  test("what concerns all of them: no more are read", async () => {
    const { app, bench } = open({ each: { ...DEFAULT_LIMITS.each, queuedJobs: 2 } });
    const { id } = await create(app);
    const added = await addedBy(
      addForm(
        app,
        id,
        ["1", "2", "3", "4"].map((name) => [`${name}.png`, image]),
      ),
    );
    expect([namesOf(added), added.refused.map(({ code }) => code)]).toEqual([
      ["1.png", "2.png"],
      ["quota_reached"],
    ]);
    await expectProblem(await addRaw(app, id), "quota_reached");
    expect(uploadsIn(bench.dir)).toHaveLength(2);
  });

  const HEAD = `--b\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n`;
  const bodies: [string, () => Body, type: string, ErrorCode][] = [
    ["nothing", () => "", "image/png", "image_empty"],
    [
      "too many bytes",
      () => new Uint8Array([...image, ...new Uint8Array(UPLOAD_BYTES_MAX)]),
      ...(["image/png", "upload_too_large"] as const),
    ],
    ["another type", () => "x", "text/plain", "content_type_unsupported"],
    ["a form without images", () => "--b--\r\n", "multipart/form-data; boundary=b", "image_empty"],
    ["a form without a boundary", () => "x", "multipart/form-data", "upload_malformed"],
    ["a form that is none", () => "\r\n", "multipart/form-data; boundary=b", "upload_malformed"],
    [
      "a form that is cut off",
      () => `${HEAD}\x89PNG`,
      "multipart/form-data; boundary=b",
      "upload_interrupted",
    ],
    [
      "a file of another name",
      () => `${HEAD.replace("image", "file")}x\r\n--b--`,
      "multipart/form-data; boundary=b",
      "request_invalid",
    ],
    [
      "a field",
      () => `--b\r\ncontent-disposition: form-data; name="pipeline"\r\n\r\nblur\r\n--b--`,
      "multipart/form-data; boundary=b",
      "request_invalid",
    ],
    ["no JSON", () => "{", "application/json", "request_invalid"],
    ["no sources", () => '{"sources": []}', "application/json", "request_invalid"],
    ["an address inside", () => '{"sources": [{"url": "http://[::1]/"}]}', "application/json", "url_refused"],
  ];
  test.each(bodies)("%s", async (_, body, type, code) => {
    const { app, bench } = open();
    const { id } = await create(app);
    await expectProblem(await addRaw(app, id, "", body(), type), code);
    expect([uploadsIn(bench.dir), bench.master.jobs()]).toEqual([[], []]);
  });

  test("options that cannot work, as far as they can be judged before there is an image", async () => {
    const { app, bench } = open();
    const refused: [object, ErrorCode][] = [
      [{ pipeline: "nothing" }, "pipeline_invalid"],
      [{ pipeline: "blur(" }, "pipeline_syntax"],
      [{ pipeline: Array.from({ length: 10_000 }, () => ({ op: "flip" })) }, "pipeline_too_long"],
      [{ webhook: "http://127.0.0.1:1/" }, "url_refused"],
      [{ sepia: true }, "request_invalid"],
      [{ source: { url: "http://example.com/" } }, "request_invalid"],
    ];
    for (const [options, code] of refused) await expectProblem(await json(app, "/v1/batches", options), code);
    const wide = await create(app, { pipeline: "resize(width=20000, height=10)", format: "webp" });
    await expectProblem(await addRaw(app, wide.id), "output_too_large");
    const best = await create(app, { quality: 9000 });
    await expectProblem(await addRaw(app, best.id), "output_invalid");
    expect(uploadsIn(bench.dir)).toEqual([]);
  });

  test("addresses, where the server goes nowhere or cannot", async () => {
    const off = open({}, { enabled: false });
    await expectProblem(
      await json(off.app, "/v1/batches", { webhook: "https://example.com" }),
      "outbound_off",
    );
    const { id } = await create(off.app);
    await expectProblem(await addUrls(off.app, id, "https://example.com/"), "outbound_off");
    const on = open();
    const batch = await create(on.app, { webhook: urlOf("/hook") });
    answer = (socket) => socket.end("no HTTP");
    await expectProblem(await addUrls(on.app, batch.id, urlOf("/")), "source_unreachable");
    const held: Socket[] = [];
    const full = Promise.withResolvers<void>();
    answer = (socket) => void (held.push(socket) === 32 && full.resolve());
    const waiting = Array.from({ length: 32 }, () => addUrls(on.app, batch.id, urlOf("/")));
    await full.promise;
    await expectProblem(await addUrls(on.app, batch.id, urlOf("/")), "queue_full");
    for (const socket of held) socket.destroy();
    await Promise.all(waiting);
    const dir = on.bench.folder;
    await on.bench.master.stop();
    const unsigned = openBench(dir, {});
    opened.splice(opened.indexOf(on.bench), 1, unsigned);
    const app = edgeOf(unsigned);
    await expectProblem(await json(app, "/v1/batches", { webhook: "https://example.com" }), "webhooks_off");
    await expectProblem(await addRaw(app, batch.id), "webhooks_off");
  });
});

test("P7: another owner's batch is not there, and every route takes its scope", async () => {
  const { bench } = open();
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
    ["/images", "submit", post(image, "image/png")],
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
    expect([200, 202, 409]).toContain((await ask("owner", scope)).status);
  }
  const list = async (owner: string) => (await app.request("/v1/batches", as(owner, "read"))).text();
  expect([(await list("owner")).includes(id), (await list("stranger")).includes(id)]).toEqual([true, false]);
});
