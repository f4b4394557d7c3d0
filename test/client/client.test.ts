import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { createClient, ProblemError } from "../../client/client.ts";
import { startServer, type TesseraServer } from "../../embedded/server.ts";
import { writePicture } from "../../samples/write.ts";
import { checkAnswer } from "../http/answers.ts";

let folder: string;
let photo: string;
let server: TesseraServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tessera-client-"));
  photo = join(folder, "photo.jpg");
  await writePicture(photo, { width: 700, height: 500, channels: 3, depth: 8, seed: 3 });
  server = startServer({ checkAnswer, threads: 1 });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const client = () => createClient({ url: server.url, retries: 0 });
const bytesOf = (stream: ReadableStream<Uint8Array>) => new Response(stream).bytes();

describe("the client", () => {
  test("sends an image, sees its job through, and has the result", async () => {
    const { submit, watch, download, getJob } = client();
    const sent: number[] = [];
    const image = Bun.file(photo);
    const job = await submit(image, {
      ...{ pipeline: [{ op: "blur", sigma: 2 }, { op: "rotate_90" }], format: "png", name: "a b.jpg" },
      onProgress: ({ bytes, total }) => {
        expect(total).toBe(image.size);
        sent.push(bytes);
      },
    });
    expect(job).toMatchObject({ source: { name: "a b.jpg", width: 700 }, output: { format: "png" } });
    expect([sent[0], sent.at(-1)]).toEqual([0, image.size]);
    expect(sent).toEqual(sent.toSorted((a, b) => a - b));
    const states: string[] = [];
    for await (const { state } of watch(job.id)) states.push(state);
    expect(states.at(-1)).toBe("done");
    expect(await getJob({ id: job.id })).toMatchObject({ state: "done", progress: { tiles_done: 2 } });
    const file = await download(job.id);
    expect([file.name, file.type]).toEqual(["a b.png", "image/png"]);
    const bytes = await bytesOf(file.stream);
    expect(bytes.byteLength).toBe(file.bytes);
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "png", width: 500, height: 700 });
  });

  test("sends bytes and streams as it sends files", async () => {
    const bytes = await Bun.file(photo).bytes();
    const { submit, wait } = client();
    const { id: one } = await submit(bytes, { type: "image/jpeg" });
    const { id: other } = await submit(Bun.file(photo).stream(), { bytes: bytes.byteLength });
    const ended = await Promise.all([wait(one), wait(other)]);
    expect(ended.map(({ state }) => state)).toEqual(["done", "done"]);
    expect(ended.map(({ source }) => source.bytes)).toEqual([bytes.byteLength, bytes.byteLength]);
  });

  test("has every route as a method", async () => {
    const { isAlive, listTransforms, listJobs, listWorkers, getResult, submit, wait } = client();
    expect(await isAlive()).toEqual({ status: "ok" });
    expect((await listTransforms()).map(({ name }) => name)).toContain("blur");
    expect((await listWorkers()).workers).toHaveLength(1);
    const { id } = await submit(Bun.file(photo));
    expect((await listJobs({ limit: 1 })).jobs).toMatchObject([{ id }]);
    await wait(id);
    const part = await getResult({ id }, { headers: { range: "bytes=0-1" } });
    expect([part.status, await part.bytes()]).toEqual([206, new Uint8Array([0xff, 0xd8])]);
  });

  test("says all that there is to say of a job, and finds it again by it", async () => {
    const { submit, eachJob, deleteJob, getJob } = client();
    const ids: string[] = [];
    for (const part of ["a", "b", "c"])
      ids.unshift((await submit(Bun.file(photo), { labels: { set: "one", part }, expires_in: "1h" })).id);
    const found = await Array.fromAsync(eachJob({ label: ["set:one"] }, { page: 2 }));
    expect(found.map(({ id }) => id)).toEqual(ids);
    expect(found[0]!.labels).toEqual({ set: "one", part: "c" });
    expect(await deleteJob({ id: ids[0]! })).toBeUndefined();
    expect(getJob({ id: ids[0]! })).rejects.toMatchObject({ code: "job_not_found" });
  });

  test("leaves no job that goes on after an abort, even where all of the image was sent (P9)", async () => {
    const { submit, eachJob } = client();
    const image = Bun.file(photo);
    for (const at of [0, image.size]) {
      const stop = new AbortController();
      const name = `aborted-at-${at}.jpg`;
      const sending = submit(image, {
        ...{ name, pipeline: "bilateral(radius=10)", signal: stop.signal },
        onProgress: ({ bytes }) => bytes === at && stop.abort(new Error("enough")),
      });
      expect(sending).rejects.toThrow("enough");
      await sending.catch(() => {});
      const states = await Array.fromAsync(eachJob({ text: name }), ({ state }) => state);
      expect(states).toEqual(at === 0 ? [] : ["cancelled"]);
    }
  });

  test("has a server fetch an image by its address, which it refuses for its own machine (P7)", async () => {
    const image = { url: "http://127.0.0.1/a.png" };
    expect(client().submit(image, { pipeline: "blur" })).rejects.toMatchObject({ code: "url_refused" });
  });

  test("cancels, and an abort ends its own waiting only (P9)", async () => {
    const { submit, cancelJob, pauseJob, wait, getJob } = client();
    const { id } = await submit(Bun.file(photo), { pipeline: "median(radius=3)", tile_size: 64 });
    await pauseJob({ id });
    const waiting = new AbortController();
    const waited = wait(id, { signal: waiting.signal });
    waiting.abort();
    expect(waited).rejects.toThrow("abort");
    expect((await getJob({ id })).state).toBe("paused");
    expect((await cancelJob({ id })).state).toBe("cancelled");
    expect((await wait(id)).state).toBe("cancelled");
  });
});

describe("P6: an error of the server", () => {
  const problem = async (promise: Promise<unknown>): Promise<ProblemError> => {
    const thrown = await promise.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(thrown).toBeInstanceOf(ProblemError);
    return thrown as ProblemError;
  };

  test("has its code, its sentence and its status", async () => {
    const error = await problem(client().submit(Bun.file(photo), { pipeline: "blurr" }));
    expect(error).toMatchObject({ code: "pipeline_invalid", status: 422, retryable: false });
    expect(error.message).toContain("Did you mean blur?");
    expect(await problem(client().getJob({ id: "nobody" }))).toMatchObject({
      code: "job_not_found",
      status: 404,
    });
  });

  test("cannot be made of an id that leads elsewhere", async () => {
    expect(client().getJob({ id: ".." })).rejects.toMatchObject({ code: "request_invalid" });
    expect(await problem(client().getJob({ id: "../workers?x#y" }))).toMatchObject({ code: "job_not_found" });
  });
});
