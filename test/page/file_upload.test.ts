import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { effect } from "@preact/signals";
import sharp from "sharp";
import { type Client, createClient } from "../../client/client.ts";
import { startServer } from "../../embedded/server.ts";
import { FileUpload } from "../../page/new_job/sending/file_upload.ts";
import { UploadMemory } from "../../page/new_job/sending/upload_memory.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-file-upload-"));
let server: ReturnType<typeof startServer>;
let client: Client;
let photo: File;

beforeAll(async () => {
  server = startServer({ dir: folder });
  client = createClient(server);
  const noise = { type: "gaussian", mean: 128, sigma: 60 } as const;
  const image = sharp({ create: { width: 2000, height: 1500, channels: 3, background: "#808080", noise } });
  const bytes = await image.jpeg({ quality: 90 }).toBuffer();
  // Longer than the first part of an upload.
  expect(bytes.length).toBeGreaterThan(1_500_000);
  photo = new File([new Uint8Array(bytes)], "photo.jpg", { lastModified: 1 });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What a browser keeps, and another page finds there. */
class Kept {
  private readonly items = new Map<string, string>();
  getItem = (name: string) => this.items.get(name) ?? null;
  setItem = (name: string, text: string) => void this.items.set(name, text);
}

/** One page, and the uploads that it has begun. */
function pageOf(storage = new Kept()) {
  const begun: string[] = [];
  const deleted: string[] = [];
  const { promise: firstDeleted, resolve } = Promise.withResolvers<void>();
  const api: Pick<Client, "upload" | "deleteUpload"> = {
    async upload(file, options) {
      const { onProgress, resumeFrom } = options!;
      return await client.upload(file, {
        ...options,
        onProgress(sent) {
          if (sent.id !== resumeFrom && !begun.includes(sent.id)) begun.push(sent.id);
          onProgress!(sent);
        },
      });
    },
    async deleteUpload(args, options) {
      deleted.push(args.id);
      await client.deleteUpload(args, options);
      resolve();
    },
  };
  const memory = new UploadMemory(storage);
  return {
    begun,
    deleted,
    firstDeleted,
    memory,
    open: (file = photo) => new FileUpload(file, { api, memory }),
  };
}

const never = new AbortController().signal;
const idOf = (upload: FileUpload, signal = never) => upload.use(signal, async (id) => id);
const submit = (upload: string) => client.submit({ upload }, { pipeline: "crop(width=9, height=9)" });

/** Once the server has some of it and not all. */
const underWay = (upload: FileUpload) =>
  new Promise<void>((resolve) => {
    effect(() => {
      if (upload.sent.value > 0) resolve();
    });
  });

describe("the upload of a file", () => {
  test("is sent once for all who wait for it, and stays until nobody needs it", async () => {
    const { begun, deleted, open } = pageOf();
    const upload = open();
    const ids = await Promise.all([idOf(upload), idOf(upload)]);
    expect([...ids, await idOf(upload)]).toEqual([begun[0]!, begun[0]!, begun[0]!]);
    expect([begun.length, upload.sent.value]).toEqual([1, photo.size]);
    upload.keep();
    upload.letGo();
    expect(deleted).toEqual([]);
    upload.letGo();
    expect(deleted).toEqual(begun);
  });

  test("moves as long as somebody waits for it, and goes on from where it stood", async () => {
    const { begun, open } = pageOf();
    const upload = open();
    const [one, two] = [new AbortController(), new AbortController()];
    const both = [one, two].map(({ signal }) => idOf(upload, signal).catch(() => "given up"));
    one.abort();
    expect(await both[0]).toBe("given up");
    await underWay(upload);
    two.abort();
    expect(await both[1]).toBe("given up");
    expect(upload.sent.value).toBeLessThan(photo.size);
    expect(await idOf(upload)).toBe(begun[0]!);
    expect(begun.length).toBe(1);
    upload.letGo();
  });

  test("stands still while it is paused, whoever waits", async () => {
    const { begun, open } = pageOf();
    const upload = open();
    const whole = idOf(upload);
    await underWay(upload);
    upload.pause();
    const at = upload.sent.value;
    const late = idOf(upload);
    // Meanwhile others come to their end.
    await idOf(pageOf().open());
    expect([upload.sent.value, at < photo.size]).toEqual([at, true]);
    upload.goOn();
    expect([await whole, await late]).toEqual([begun[0]!, begun[0]!]);
    upload.letGo();
  });

  test("is sent again where the server has it no more", async () => {
    const { begun, open } = pageOf();
    const upload = open();
    await client.deleteUpload({ id: await idOf(upload) });
    const job = await upload.use(never, submit);
    expect(job.source.name).toBe("photo.jpg");
    expect(begun.length).toBe(2);
  });

  test("becomes two jobs where two are made of it at once, and is looked at when it has become one", async () => {
    const { begun, deleted, open } = pageOf();
    const upload = open();
    const start = () => {
      upload.keep();
      return upload.use(never, async (id) => {
        const job = await submit(id);
        upload.spend(id);
        return job.id;
      });
    };
    const jobs = await Promise.all([start(), start()]);
    expect(new Set(jobs).size).toBe(2);
    expect(begun.length).toBe(2);
    const proxy = await upload.use(never, (id) => client.createProxy({ body: { source: { upload: id } } }));
    expect(proxy.width).toBe(2000);
    expect(begun.length).toBe(2);
    for (let i = 0; i < 3; i++) upload.letGo();
    expect(deleted).toEqual([]);
  });

  test("that is let go before the server has answered leaves nothing there", async () => {
    const { deleted, firstDeleted, begun, open } = pageOf();
    const upload = open();
    const given = new AbortController();
    const waiting = idOf(upload, given.signal).catch(() => "given up");
    upload.letGo();
    given.abort();
    expect(await waiting).toBe("given up");
    await firstDeleted;
    expect(deleted).toEqual(begun);
  });

  test("tells what is wrong with the file, and is tried again", async () => {
    const { open } = pageOf();
    const upload = open(new File(["no image ".repeat(1000)], "words.jpg"));
    for (let i = 0; i < 2; i++) {
      const refused = idOf(upload);
      expect(refused).rejects.toMatchObject({ code: "image_unknown_type" });
      await refused.catch(() => {});
    }
  });
});

describe("what a browser remembers", () => {
  test("another page goes on with, of the same file alone", async () => {
    const storage = new Kept();
    const first = pageOf(storage);
    const upload = first.open();
    const closing = new AbortController();
    const given = idOf(upload, closing.signal).catch(() => {});
    await underWay(upload);
    closing.abort();
    await given;
    const second = pageOf(storage);
    const copy = new File([photo], "photo.jpg", { lastModified: 2 });
    expect(await idOf(second.open(copy))).not.toBe(first.begun[0]!);
    expect(await idOf(second.open())).toBe(first.begun[0]!);
    expect(second.begun.length).toBe(1);
  });

  test.each([
    ["was deleted", (id: string) => client.deleteUpload({ id })],
    ["has become a job", submit],
  ] as const)("that %s is dropped without a word", async (_, fate) => {
    const storage = new Kept();
    const [first, second, third] = [pageOf(storage), pageOf(storage), pageOf(storage)];
    await fate(await idOf(first.open()));
    const id = await idOf(second.open());
    expect(id).not.toBe(first.begun[0]!);
    expect(second.begun).toEqual([id]);
    expect(await idOf(third.open())).toBe(id);
  });

  test("is no more than a few uploads, of which the oldest go at the server too, and none that are over", () => {
    const { memory } = pageOf();
    const file = (n: number) => new File(["x"], `${n}.jpg`, { lastModified: 1 });
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const gone = Array.from({ length: 22 }, (__, n) => memory.remember(file(n), `id${n}`, later)).flat();
    expect(gone).toEqual(["id0", "id1"]);
    expect([0, 1, 2, 21].map((n) => memory.idOf(file(n)))).toEqual([undefined, undefined, "id2", "id21"]);
    memory.remember(file(2), "new", new Date(Date.now() - 1).toISOString());
    expect(memory.idOf(file(2))).toBeUndefined();
    memory.forget("id21");
    expect(memory.idOf(file(21))).toBeUndefined();
  });

  test.each(["no JSON", "{}", '[{"file": 1}, null, "x"]'])(
    "%s, which others wrote there, is nothing",
    (text) => {
      const storage = new Kept();
      storage.setItem("tessera.uploads", text);
      expect(pageOf(storage).memory.idOf(photo)).toBeUndefined();
    },
  );
});
