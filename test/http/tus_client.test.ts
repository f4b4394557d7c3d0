import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Upload, type UploadOptions } from "tus-js-client";
import { startServer, type TesseraServer } from "../../embedded/server.ts";
import type { UploadView } from "../../shared/api/upload.ts";
import { CuttingProxy } from "../client/cutting_proxy.ts";
import { picture, spec } from "../engine/harness.ts";
import { checkAnswer } from "./answers.ts";

let folder: string;
let dir: string;
let image: Buffer;
let server: TesseraServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tessera-tus-"));
  dir = join(folder, "served");
  image = readFileSync(await picture(folder, spec(1200, 900)));
  server = startServer({ dir, checkAnswer, threads: 1 });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const metadata = { filename: "my ⛰.png", filetype: "image/png" };

/** Resolves with the upload's address. */
function send(options: UploadOptions, begin = (upload: Upload): void => upload.start()): Promise<string> {
  return new Promise((resolve, reject) => {
    const upload = new Upload(image, {
      ...{ endpoint: `${server.url}/v1/uploads`, metadata, retryDelays: [0, 10, 50], ...options },
      onSuccess: () => resolve(upload.url!),
      onError: reject,
    });
    begin(upload);
  });
}

const idOf = (url: string): string => url.split("/").at(-1)!;
const ask = async (url: string): Promise<UploadView> =>
  (await (await fetch(new URL(new URL(url).pathname, server.url))).json()) as UploadView;

async function expectWhole(url: string): Promise<void> {
  expect(readFileSync(join(dir, "uploads", idOf(url))).equals(image)).toBe(true);
  expect(await ask(url)).toMatchObject({ name: "my ⛰.png", offset: image.length, length: image.length });
}

describe("a public client of the tus protocol", () => {
  test.each([
    ["in one part", {}],
    ["in many", { chunkSize: 50_000 }],
    ["with the beginning in the first request", { uploadDataDuringCreation: true, chunkSize: 70_000 }],
    ["all in the first request", { uploadDataDuringCreation: true }],
  ])("sends an image %s, and a job is made of it", async (_, options) => {
    const url = await send(options);
    await expectWhole(url);
    const answer = await fetch(`${server.url}/v1/jobs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ source: { upload: idOf(url) }, pipeline: "crop(width=9, height=9)" }),
    });
    expect(answer.status).toBe(202);
  });

  test("is paused, and goes on", async () => {
    let paused = false;
    const url = await send({ chunkSize: 50_000 }, (upload) => {
      upload.options.onChunkComplete = () => {
        if (paused) return;
        paused = true;
        void upload.abort().then(() => upload.start());
      };
      upload.start();
    });
    expect(paused).toBe(true);
    await expectWhole(url);
  });

  test("goes on by itself where the connection is cut", async () => {
    const cut = (n: number) => (n < 3 ? 150_000 : Number.POSITIVE_INFINITY);
    const proxy = await CuttingProxy.before(server.url, undefined, cut);
    try {
      const url = await send({ endpoint: `${proxy.url}/v1/uploads` });
      await expectWhole(url);
      expect(proxy.sent).toBeLessThan(1.3 * image.length);
    } finally {
      proxy.stop();
    }
  });

  test("takes an upload back", async () => {
    const url = await send({});
    await Upload.terminate(url);
    expect((await fetch(url)).status).toBe(404);
  });
});
