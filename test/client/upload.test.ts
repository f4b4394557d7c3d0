import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type Uploaded } from "../../client/client.ts";
import { startServer, type TesseraServer } from "../../embedded/server.ts";
import { writePicture } from "../../samples/write.ts";
import { seeded } from "../engine/random.ts";
import { checkAnswer } from "../http/answers.ts";
import { uploadsIn } from "../http/edge.ts";
import { linesIn } from "../support/lines.ts";
import { CuttingProxy } from "./cutting_proxy.ts";

let folder: string;
let dir: string;
let photo: string;
let bytes: Buffer;
let server: TesseraServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tessera-upload-"));
  dir = join(folder, "served");
  photo = join(folder, "photo.tiff");
  await writePicture(photo, { width: 2000, height: 1700, channels: 3, depth: 8, seed: 3 });
  bytes = readFileSync(photo);
  expect(bytes.length).toBeGreaterThan(8 << 20);
  server = startServer({ dir, checkAnswer, threads: 1 });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const direct = () => createClient({ url: server.url });
const fileOf = (id: string, of = dir) => readFileSync(join(of, "uploads", id));

const ascending = (told: readonly Uploaded[]) => {
  const sizes = told.map((each) => each.bytes);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  expect(new Set(told.map(({ id }) => id)).size).toBe(1);
};

describe("an upload", () => {
  test("tells how far it is, and what it has become is what was sent", async () => {
    const told: Uploaded[] = [];
    const { id, name, offset, length } = await direct().upload(Bun.file(photo), {
      onProgress: (sent) => told.push(sent),
    });
    expect([name, offset, length]).toEqual(["photo.tiff", bytes.length, bytes.length]);
    const expiresAt = told[0]!.expiresAt;
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    expect([told[0], told.at(-1)]).toEqual([
      { id, bytes: 0, total: bytes.length, expiresAt },
      { id, bytes: bytes.length, total: bytes.length, expiresAt },
    ]);
    ascending(told);
    expect(fileOf(id).equals(bytes)).toBe(true);
    const { source } = await direct().submit({ upload: id }, { pipeline: "crop(width=9, height=9)" });
    expect(source).toMatchObject({ name: "photo.tiff", bytes: bytes.length });
    expect((await direct().getUpload({ id })).job).toBeString();
  });

  test("goes on by itself where the connection is cut in the middle of a part, without sending all again", async () => {
    const random = seeded(5);
    const cuts = 9;
    const proxy = await CuttingProxy.before(
      server.url,
      // Some answers do not come through.
      (n) => (n < cuts && n % 3 === 2 ? 30 : Number.POSITIVE_INFINITY),
      (n) => (n < cuts ? 200_000 + random.below(1_500_000) : Number.POSITIVE_INFINITY),
    );
    try {
      const told: Uploaded[] = [];
      const { id } = await createClient({ url: proxy.url }).upload(Bun.file(photo), {
        onProgress: (sent) => told.push(sent),
      });
      expect(fileOf(id).equals(bytes)).toBe(true);
      ascending(told);
      expect(proxy.connections).toBeGreaterThan(5);
      // Of each cut part, what the server had not yet noted may be sent twice.
      expect(proxy.sent).toBeLessThan(2 * bytes.length);
    } finally {
      proxy.stop();
    }
  }, 120_000);

  test("is paused by an abort, and goes on where it was", async () => {
    const pausing = new AbortController();
    const told: Uploaded[] = [];
    const sending = direct().upload(Bun.file(photo), {
      signal: pausing.signal,
      onProgress(sent) {
        told.push(sent);
        if (sent.bytes > 0) pausing.abort(new Error("paused"));
      },
    });
    expect(sending).rejects.toThrow("paused");
    await sending.catch(() => {});
    const { id, bytes: at } = told.at(-1)!;
    expect(at).toBeLessThan(bytes.length);
    const after: Uploaded[] = [];
    await direct().upload(Bun.file(photo), { resumeFrom: id, onProgress: (sent) => after.push(sent) });
    expect(after[0]!.bytes).toBeGreaterThanOrEqual(at);
    expect(fileOf(id).equals(bytes)).toBe(true);
    const again = direct().upload(new Blob(["another"]), { resumeFrom: id });
    expect(again).rejects.toMatchObject({ code: "request_invalid" });
    await again.catch(() => {});
    const nobody = direct().upload(Bun.file(photo), { resumeFrom: "nobody" });
    expect(nobody).rejects.toMatchObject({ code: "upload_not_found" });
    await nobody.catch(() => {});
    await direct().deleteUpload({ id });
  });

  test("of what is no image ends at once", async () => {
    const before = uploadsIn(dir);
    const sending = direct().upload(new Blob(["no image ".repeat(500_000)]));
    expect(sending).rejects.toMatchObject({ code: "image_unknown_type" });
    await sending.catch(() => {});
    expect(uploadsIn(dir)).toEqual(before);
  });
});

describe("a large image that is submitted", () => {
  test("is sent in parts, and becomes one job", async () => {
    const sent: number[] = [];
    const job = await direct().submit(Bun.file(photo), {
      ...{ pipeline: "crop(width=9, height=9)", name: "a.tiff", labels: { set: "large" } },
      onProgress: ({ bytes, total }) => {
        expect(total).toBe(Bun.file(photo).size);
        sent.push(bytes);
      },
    });
    expect(job).toMatchObject({ source: { name: "a.tiff", bytes: bytes.length }, labels: { set: "large" } });
    expect([sent[0], sent.at(-1)]).toEqual([0, bytes.length]);
    expect(sent.length).toBeGreaterThan(3);
  });

  test("P9: leaves nothing when it is aborted or refused", async () => {
    const before = uploadsIn(dir);
    const stop = new AbortController();
    const aborted = direct().submit(Bun.file(photo), {
      ...{ name: "aborted.tiff", signal: stop.signal },
      onProgress: (sent) => sent.bytes > 1_000_000 && stop.abort(new Error("enough")),
    });
    expect(aborted).rejects.toThrow("enough");
    await aborted.catch(() => {});
    const refused = direct().submit(Bun.file(photo), { pipeline: "nothing", name: "aborted.tiff" });
    expect(refused).rejects.toMatchObject({ code: "pipeline_invalid" });
    await refused.catch(() => {});
    expect(await Array.fromAsync(direct().eachJob({ text: "aborted.tiff" }))).toEqual([]);
    expect(uploadsIn(dir).sort()).toEqual(before.sort());
  });
});

/** A server in a process of its own, to be killed. */
async function startProcess(folder: string) {
  const main = join(import.meta.dir, "..", "..", "embedded", "main.ts");
  const env = { ...process.env, TESSERA_DIR: folder, TESSERA_PORT: "0", TESSERA_THREADS: "1" };
  const child = Bun.spawn([process.execPath, main], { env, stdout: "pipe", stderr: "inherit" });
  for await (const line of linesIn(child.stdout)) {
    const url = /http:\/\/[\d.:]+/.exec(line)?.[0];
    if (url !== undefined) return { child, url };
  }
  throw new Error("The server has not started.");
}

test("P3: an upload outlives kill -9 of the server; nothing that was answered is lost", async () => {
  const random = seeded(7);
  const killed = join(folder, "killed");
  let { child, url } = await startProcess(killed);
  const proxy = await CuttingProxy.before(url);
  const kills = Array.from({ length: 2 }, () => random.below(bytes.length)).sort((a, b) => a - b);
  const told: Uploaded[] = [];
  let starting = Promise.resolve();
  const restart = async () => {
    await child.exited;
    ({ child, url } = await startProcess(killed));
    proxy.server = url;
  };
  try {
    const { id } = await createClient({ url: proxy.url }).upload(Bun.file(photo), {
      onProgress(sent) {
        told.push(sent);
        if (kills.length === 0 || sent.bytes < kills[0]!) return;
        kills.shift();
        child.kill("SIGKILL");
        starting = restart();
      },
    });
    await starting;
    ascending(told);
    expect(kills).toEqual([]);
    expect(fileOf(id, killed).equals(bytes)).toBe(true);
    expect((await createClient({ url }).submit({ upload: id })).source.bytes).toBe(bytes.length);
  } finally {
    proxy.stop();
    child.kill("SIGKILL");
    await child.exited;
  }
}, 180_000);
