import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobView } from "../../master/jobs/job.ts";
import type { WorkerView } from "../../master/workers/roster.ts";
import { allOps } from "../../shared/ops/registry.ts";
import { type Bench, openBench, picture, seen, spec } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { type Edge, edgeOf, expectProblem, formOf, jobFrom, sendForm, sendRaw, uploadsIn } from "./edge.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-http-"));
let bench: Bench;
let app: Edge;
let image: Uint8Array<ArrayBuffer>;
let done: JobView;

beforeAll(async () => {
  bench = openBench(folder);
  app = edgeOf(bench);
  new OwnWorker(bench.bus, bench.buffers, (task, worker) => worker.answer(task));
  image = new Uint8Array(readFileSync(await picture(folder, spec(120, 90))));
  const { id } = await jobFrom(await sendRaw(app, image, "?pipeline=blur&name=holiday.png&tile_size=64"));
  done = await bench.master.wait(id);
});

afterAll(async () => {
  await bench.master.stop();
  rmSync(folder, { recursive: true, force: true });
});

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  app.request(path, { method, headers });

describe("routes", () => {
  test("GET /healthz", async () => {
    const response = await get("/healthz");
    expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  test("GET /v1/transforms names every op with its schema", async () => {
    const ops = (await (await get("/v1/transforms")).json()) as { name: string; params: { type: string } }[];
    expect(ops.map(({ name }) => name)).toEqual(allOps().map(({ name }) => name));
    expect(ops.every(({ params }) => params.type === "object")).toBe(true);
    expect(ops).toContainEqual(expect.objectContaining({ name: "flip", geometry: "moves" }));
  });

  test("POST /v1/jobs with the image as the body", async () => {
    const query =
      "?pipeline=invert|sharpen&format=webp&quality=80&effort=1&metadata=strip&profile=keep&tile_size=100";
    const job = await jobFrom(await sendRaw(app, image, query));
    expect(job).toMatchObject({
      source: { name: "image", type: "png", width: 120, height: 90, bytes: image.length },
      pipeline: [{ op: "invert" }, { op: "sharpen" }],
      output: { format: "webp", width: 120, height: 90 },
      progress: { tiles_total: 2 },
    });
    expect((await bench.master.wait(job.id)).state).toBe("done");
  });

  test("POST /v1/jobs with any type said, the bytes decide", async () => {
    for (const type of ["application/octet-stream", "image/jpeg", "IMAGE/PNG; charset=binary"]) {
      const job = await jobFrom(await sendRaw(app, image, "", type));
      expect(job.source.type).toBe("png");
      await bench.master.wait(job.id);
    }
  });

  test("POST /v1/jobs as a form, fields before or behind the image, and in the query", async () => {
    const blob = new Blob([image], { type: "image/png" });
    const before = formOf(blob, { pipeline: '[{"op":"flip"}]', format: "png" }, "meadow.png");
    const behind = new FormData();
    behind.append("image", blob, "meadow.png");
    behind.append("pipeline", "flip");
    for (const [form, query] of [
      [before, ""],
      [behind, "?format=png"],
      [formOf(blob, {}, "meadow.png"), "?pipeline=flip"],
    ] as const) {
      const job = await jobFrom(await sendForm(app, form, query));
      expect(job).toMatchObject({ pipeline: [{ op: "flip" }], source: { name: "meadow.png" } });
      await bench.master.wait(job.id);
    }
  });

  test("GET /v1/jobs and GET /v1/jobs/{id}, the newest first", async () => {
    const { jobs } = (await (await get("/v1/jobs")).json()) as { jobs: JobView[] };
    const times = jobs.map(({ created_at }) => created_at);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(((await (await get("/v1/jobs?limit=1")).json()) as { jobs: JobView[] }).jobs).toHaveLength(1);
    const one = (await (await get(`/v1/jobs/${done.id}`)).json()) as JobView;
    expect(one).toEqual(JSON.parse(JSON.stringify(done)) as JobView);
    expect(JSON.stringify(one)).not.toContain(tmpdir());
  });

  test("POST /v1/jobs/{id}/cancel", async () => {
    const { id } = await bench.master.submit({
      ...{ pipeline: "invert", tileSize: 64 },
      source: { path: join(folder, "120x90x3-8-1.png"), owned: false, name: "a" },
    });
    const response = await get(`/v1/jobs/${id}/cancel`, {}, "POST");
    expect(response.status).toBe(200);
    expect(((await response.json()) as JobView).state).toBe("cancelled");
    await expectProblem(await get(`/v1/jobs/${id}/cancel`, {}, "POST"), "job_not_active");
    await expectProblem(await get(`/v1/jobs/${id}/result`), "job_not_done");
  });

  test("POST /v1/jobs/{id}/pause, priority and resume", async () => {
    const { id } = await bench.master.submit({
      ...{ pipeline: "invert", tileSize: 64 },
      source: { path: join(folder, "120x90x3-8-1.png"), owned: false, name: "a" },
    });
    const post = async (path: string) =>
      (await (await get(`/v1/jobs/${id}/${path}`, {}, "POST")).json()) as JobView;
    expect((await post("pause")).state).toBe("paused");
    expect((await post("pause")).state).toBe("paused"); // it is what was asked for
    expect((await post("priority?priority=8")).priority).toBe(8);
    await expectProblem(await get(`/v1/jobs/${id}/priority?priority=10`, {}, "POST"), "request_invalid");
    expect((await post("resume")).state).not.toBe("paused");
    expect((await bench.master.wait(id)).state).toBe("done");
    for (const action of ["pause", "resume", "priority?priority=8"])
      await expectProblem(await get(`/v1/jobs/${id}/${action}`, {}, "POST"), "job_not_active");
  });

  test("POST /v1/jobs/{id}/retry tries again what a tile has failed", async () => {
    const its = openBench(join(folder, "failing"));
    let fails = true;
    new OwnWorker(its.bus, its.buffers, (task, worker) =>
      fails ? worker.publish(worker.failed(task)) : worker.answer(task),
    );
    const edge = edgeOf(its);
    const { id } = await jobFrom(await sendRaw(edge, image, "?priority=7"));
    expect(await its.master.wait(id)).toMatchObject({ state: "failed", priority: 7 });
    fails = false;
    const retry = () => edge.request(`/v1/jobs/${id}/retry`, { method: "POST" });
    expect((await retry()).status).toBe(200);
    expect((await its.master.wait(id)).state).toBe("done");
    await expectProblem(await retry(), "job_not_failed");
    await its.master.stop();
  });

  test("GET /v1/workers tells who works", async () => {
    const { workers } = (await (await get("/v1/workers")).json()) as { workers: WorkerView[] };
    expect(workers).toMatchObject([{ state: "live", threads: 2, partitions: 1, differs: [] }]);
  });
});

describe("the result", () => {
  const path = () => `/v1/jobs/${done.id}/result`;

  test("comes with its type, its name and a tag", async () => {
    const response = await get(path());
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(bytes.length).toBe(statSync(bench.master.resultPath(done.id)).size);
    expect(response.headers.get("content-type")).toBe("image/png");
    expect(response.headers.get("content-disposition")).toBe(
      "attachment; filename=\"holiday.png\"; filename*=UTF-8''holiday.png",
    );
    expect(response.headers.get("etag")).toMatch(/^"[\w-]+"$/);
  });

  test("is not sent again to who has it: 304 for its tag, a weak one, a list, any", async () => {
    const tag = (await get(path())).headers.get("etag")!;
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
      const response = await get(path(), { "if-none-match": known });
      expect([response.status, await response.text()]).toEqual([304, ""]);
      expect(response.headers.get("etag")).toBe(tag);
    }
    expect((await get(path(), { "if-none-match": '"other"' })).status).toBe(200);
  });

  test("HEAD tells its size and sends nothing", async () => {
    const response = await get(path(), {}, "HEAD");
    expect([response.status, await response.text()]).toEqual([200, ""]);
    const size = statSync(bench.master.resultPath(done.id)).size;
    expect(response.headers.get("content-length")).toBe(`${size}`);
    expect(response.headers.get("etag")).toBe((await get(path())).headers.get("etag"));
  });

  test.each([
    ["two.dots.tar.png", 'filename="two.dots.tar.png"'],
    ["Bäume.png", "filename*=UTF-8''B%C3%A4ume.png"],
    ["it's (1)*.png", "filename*=UTF-8''it%27s%20%281%29%2A.png"],
    ['a";evil="x.png', 'filename="a__evil__x.png"'],
    ["a\r\nset-cookie: x=1.png", 'filename="aset-cookie_ x_1.png"'],
    ["../../etc/passwd", 'filename="passwd.png"'],
    ["..\\..\\boot.ini", 'filename="boot.png"'],
    ["..", 'filename="image.png"'],
    [`${"x".repeat(199)}😀😀.png`, 'filename="xxx'],
  ])("P7: a name like %p can do no harm in a header", async (name, header) => {
    const job = await jobFrom(await sendRaw(app, image, `?pipeline=flip&name=${encodeURIComponent(name)}`));
    await bench.master.wait(job.id);
    const response = await get(`/v1/jobs/${job.id}/result`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-disposition")).toContain(header);
    expect(response.headers.get("set-cookie")).toBeNull();
    expect(job.source.name.length).toBeLessThanOrEqual(400);
  });
});

describe("P6: what is asked for wrongly gets its code and leaves nothing", () => {
  test.each([
    ["pipeline=blurr", "pipeline_invalid", /Step 1.*blur/],
    ["pipeline=blur(sigma=-1)", "pipeline_invalid", /sigma.*number from/],
    ["pipeline=blur(", "pipeline_syntax", /at the end/],
    ["pipeline=[", "pipeline_syntax", /JSON/],
    [`pipeline=${"flip|".repeat(100)}flip`, "pipeline_too_long", /101/],
    ["format=bmp", "output_invalid", /jpeg, png/],
    ["quality=101", "output_invalid", /1 to 100/],
    ["quality=good", "request_invalid", /quality.*number/],
    ["quality=", "request_invalid", /quality.*number/],
    ["effort=1.5", "output_invalid", /effort/],
    ["lossless=yes", "request_invalid", /true or false/],
    ["lossless=true&format=jpeg", "output_invalid", /lossless/],
    ["metadata=some", "output_invalid", /keep/],
    ["background=red", "output_invalid", /#ffffff/],
    ["profile=adobe", "request_invalid", /srgb/],
    ["tile_size=10", "request_invalid", /64 to 1024/],
    ["tile_size=1e3x", "request_invalid", /number/],
    ["colour=red", "request_invalid", /'colour'/],
    ["__proto__=x", "request_invalid", /'__proto__'/],
    ["pipeline=resize(scale=100)|resize(scale=100)", "output_too_large", /pixels/],
  ] as const)("%s", async (query, code, detail) => {
    const jobs = bench.master.jobs().length;
    const response = await sendRaw(app, image, `?${query}`);
    expect(await expectProblem(response, code)).toMatch(detail);
    expect(bench.master.jobs()).toHaveLength(jobs);
    expect(uploadsIn(bench.dir)).toEqual([]);
  });

  test.each(["0", "1001", "1.5", "ten", "-1", ""])("limit=%s", async (limit) => {
    expect(await expectProblem(await get(`/v1/jobs?limit=${limit}`), "request_invalid")).toContain(
      "1 to 1000",
    );
  });

  test("P7: an id that is none leads to no file", async () => {
    for (const id of [
      "nope",
      "..",
      "..%2f..%2fetc%2fpasswd",
      "%2e%2e%2f",
      `${done.id}%00`,
      "'; DROP TABLE jobs; --",
    ])
      for (const [method, rest] of [
        ["GET", ""],
        ["GET", "/result"],
        ["POST", "/cancel"],
        ["POST", "/pause"],
        ["POST", "/resume"],
        ["POST", "/retry"],
        ["POST", "/priority?priority=3"],
      ]) {
        const response = await get(`/v1/jobs/${encodeURI(id)}${rest}`, {}, method);
        expect(response.status).toBe(404);
        expect(await response.text()).toMatch(/job_not_found|route_not_found/);
      }
    expect(bench.master.job(done.id)?.state).toBe("done");
  });

  test("an address that is not there", async () => {
    for (const path of ["/nothing", "/v1", "/v1/nothing", "/../../etc/passwd", "/assets/../index.html"])
      await expectProblem(await get(path), "route_not_found");
  });

  test("a method that is not there says which are", async () => {
    for (const [method, path, allow] of [
      ["PATCH", "/v1/jobs", "POST, GET, HEAD"],
      ["PUT", `/v1/jobs/${done.id}/cancel`, "POST"],
    ] as const) {
      const response = await get(path, {}, method);
      expect(response.headers.get("allow")).toBe(allow);
      await expectProblem(response, "method_not_allowed");
    }
  });

  test("the result of a job that is not done, and a cancel of one that is", async () => {
    const held = openBench(join(folder, "held"));
    const its = edgeOf(held);
    const running = seen(held.master, ({ state }) => state === "running");
    const { id } = await jobFrom(await sendRaw(its, image));
    await running;
    expect(await expectProblem(await its.request(`/v1/jobs/${id}/result`), "job_not_done")).toContain(
      "running",
    );
    await held.master.stop();
    await expectProblem(await sendRaw(its, image), "bus_closed");
    expect(uploadsIn(held.dir)).toEqual([id]);
    expect(
      await expectProblem(await get(`/v1/jobs/${done.id}/cancel`, {}, "POST"), "job_not_active"),
    ).toContain("done");
  });
});
