import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import type { UploadView } from "../../shared/api/upload.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { seeded } from "../engine/random.ts";
import { as } from "./callers.ts";
import { expectProblem, jobFrom, UPLOAD_BYTES_MAX, uploadsIn } from "./edge.ts";
import {
  append,
  create,
  offsetOf,
  PART_HEADERS,
  sender,
  submitUpload,
  UploadRoom,
  whole,
} from "./upload_room.ts";

let room: UploadRoom;
beforeAll(async () => {
  room = await UploadRoom.enter();
});
afterAll(() => room.leave());

const HOUR_MS = 3_600_000;
const metadata = (name: string) => ({
  "upload-metadata": `filename ${Buffer.from(name).toString("base64")},empty`,
});

describe("an upload", () => {
  test("is begun, sent in parts, and becomes a job without being copied", async () => {
    const { ask, bench } = room.open();
    new OwnWorker(bench.bus, bench.buffers, (task, worker) => worker.answer(task));
    const { length } = room.image;
    const upload = await create(ask, length, metadata("../my ⛰.png"));
    expect(upload).toMatchObject({ name: "my ⛰.png", offset: 0, length });
    const first = await append(ask, upload.id, 0, room.image.slice(0, 700));
    expect([first.status, first.headers.get("upload-offset")]).toEqual([204, "700"]);
    expect(await offsetOf(ask, upload.id)).toBe(700);
    expect((await append(ask, upload.id, 700, room.image.slice(700))).status).toBe(204);

    const job = await jobFrom(await submitUpload(ask, upload.id, { pipeline: "invert" }));
    expect(job).toMatchObject({ owner: "ann", source: { name: "my ⛰.png", bytes: length } });
    const [file] = uploadsIn(bench.dir);
    expect(readFileSync(join(bench.dir, "uploads", file!)).equals(room.image)).toBe(true);
    expect((await bench.master.wait(job.id)).state).toBe("done");
    const shown = (await (await ask("GET", `/v1/uploads/${upload.id}`)).json()) as UploadView;
    expect(shown.job).toBe(job.id);
  });

  test("says in its headers what the protocol wants", async () => {
    const { ask } = room.open();
    const said = metadata("a.png");
    const created = await ask("POST", "/v1/uploads", { "upload-length": "1000", ...said });
    const { id, expires_at } = (await created.json()) as UploadView;
    const expires = new Date(Math.floor(Date.parse(expires_at) / 1000) * 1000).toUTCString();
    const head = await ask("HEAD", `/v1/uploads/${id}`, { "tus-resumable": "1.0.0" });
    expect(await head.text()).toBe("");
    const gone = await ask("GET", "/v1/uploads/nobody");
    for (const { headers } of [created, head, gone]) expect(headers.get("tus-resumable")).toBe("1.0.0");
    for (const { headers } of [created, head]) {
      expect(headers.get("upload-offset")).toBe("0");
      expect(headers.get("upload-expires")).toBe(expires);
      expect(headers.get("cache-control")).toBe("no-store");
    }
    expect(head.headers.get("upload-length")).toBe("1000");
    expect(head.headers.get("upload-metadata")).toBe(said["upload-metadata"]);
    const options = await ask("OPTIONS", "/v1/uploads");
    expect(options.status).toBe(204);
    expect(Object.fromEntries(options.headers)).toMatchObject({
      "tus-version": "1.0.0",
      "tus-extension": "creation,expiration,termination",
      "tus-max-size": `${UPLOAD_BYTES_MAX}`,
    });
  });

  test.each(Array.from({ length: 12 }, (_, seed) => seed))(
    "has the same bytes however it is split; seed %d",
    async (seed) => {
      const random = seeded(seed);
      const { ask, bench } = room.open();
      const { id } = await create(ask, room.image.length);
      for (let offset = 0; offset < room.image.length; ) {
        const most = [10, 600, 5000, 40_000][random.below(4)]!;
        const next = Math.min(room.image.length, offset + random.below(most));
        const response = await append(ask, id, offset, room.image.slice(offset, next));
        expect(response.headers.get("upload-offset")).toBe(`${next}`);
        offset = next;
      }
      expect(readFileSync(join(bench.dir, "uploads", id)).equals(room.image)).toBe(true);
    },
  );

  test("that is deleted is gone with its file, but not with the job that it has become", async () => {
    const { ask, bench } = room.open();
    const { id } = await whole(ask, room.image);
    expect((await ask("DELETE", `/v1/uploads/${id}`)).status).toBe(204);
    await expectProblem(await ask("GET", `/v1/uploads/${id}`), "upload_not_found");
    expect(uploadsIn(bench.dir)).toEqual([]);
    const used = await whole(ask, room.image);
    const job = await jobFrom(await submitUpload(ask, used.id));
    expect((await ask("DELETE", `/v1/uploads/${used.id}`)).status).toBe(204);
    expect(uploadsIn(bench.dir)).toHaveLength(1);
    expect(bench.master.job(job.id)?.state).not.toBe("failed");
  });

  test("P3: goes on after a restart; what lies behind its offset does not count", async () => {
    const first = room.open();
    const { id } = await create(first.ask, room.image.length);
    await append(first.ask, id, 0, room.image.slice(0, 900));
    const path = join(first.bench.dir, "uploads", id);
    await Bun.write(path, Buffer.concat([readFileSync(path), Buffer.from("what a crash has left")]));
    const second = await room.reopen(first);
    const { ask, bench } = second;
    expect(await offsetOf(ask, id)).toBe(900);
    expect((await append(ask, id, 900, room.image.slice(900))).status).toBe(204);
    expect(readFileSync(path).equals(room.image)).toBe(true);
    await jobFrom(await submitUpload(ask, id));
    expect((await room.reopen(second)).bench.master.jobs()).toHaveLength(1);
    expect(uploadsIn(bench.dir)).toEqual([id]);
  });

  test("P5: goes when its time is over, counted from its latest bytes", async () => {
    const { ask, bench, clock } = room.open({ uploadKeptMs: 2 * HOUR_MS });
    const { id } = await create(ask, room.image.length);
    clock.pass(1.5 * HOUR_MS);
    await append(ask, id, 0, room.image.slice(0, 900));
    clock.pass(1.5 * HOUR_MS);
    expect(await offsetOf(ask, id)).toBe(900);
    // Also before it is cleared away.
    clock.leapUnseen(HOUR_MS);
    await expectProblem(await append(ask, id, 900, "x"), "upload_not_found");
    expect(uploadsIn(bench.dir)).toEqual([id]);
    clock.pass(60_000);
    await bench.master.tidied();
    expect(uploadsIn(bench.dir)).toEqual([]);
  });

  test("P4: becomes one job, which the same request is answered with again", async () => {
    const { ask, bench } = room.open();
    const { id } = await whole(ask, room.image);
    const once = { "idempotency-key": "k" };
    const job = await jobFrom(await submitUpload(ask, id, { pipeline: "flip" }, once));
    expect((await jobFrom(await submitUpload(ask, id, { pipeline: "flip" }, once))).id).toBe(job.id);
    await expectProblem(await submitUpload(ask, id, {}, once), "idempotency_key_reused");
    expect(await expectProblem(await submitUpload(ask, id), "upload_used")).toContain(job.id);
    const batch = await ask("POST", "/v1/batches", { "content-type": "application/json" }, "{}");
    const images = `/v1/batches/${((await batch.json()) as { id: string }).id}/images`;
    const twice = await whole(ask, room.image);
    const both = await Promise.all([submitUpload(ask, twice.id), submitUpload(ask, twice.id)]);
    expect(both.map(({ status }) => status).sort()).toEqual([202, 423]);
    const third = await whole(ask, room.image);
    const sources = JSON.stringify({ sources: [{ upload: third.id }] });
    const add = () => ask("POST", images, { "content-type": "application/json" }, sources);
    const added = await Promise.all([add(), add()]);
    expect(added.map(({ status }) => status).sort()).toEqual([202, 423]);
    expect(bench.master.jobs()).toHaveLength(3);
  });

  test("of which no job could be made can be tried again", async () => {
    const { ask } = room.open();
    const { id } = await whole(ask, room.image);
    await expectProblem(await submitUpload(ask, id, { pipeline: "nothing" }), "pipeline_invalid");
    await jobFrom(await submitUpload(ask, id, { pipeline: "flip" }));
  });

  test("becomes one image of a batch", async () => {
    const { ask } = room.open();
    const json = { "content-type": "application/json" };
    const batch = await ask("POST", "/v1/batches", json, "{}");
    const { id } = (await batch.json()) as { id: string };
    const a = await whole(ask, room.image, metadata("a.png"));
    const half = await create(ask, 10);
    const sources = [{ upload: half.id }, { upload: a.id }, { upload: a.id }, { upload: "nobody" }];
    const response = await ask("POST", `/v1/batches/${id}/images`, json, JSON.stringify({ sources }));
    const added = (await response.json()) as {
      jobs: { batch: string; source: { name: string } }[];
      refused: { code: string }[];
    };
    expect(added.jobs.map(({ batch, source }) => [batch, source.name])).toEqual([[id, "a.png"]]);
    expect(added.refused.map(({ code }) => code)).toEqual([
      "upload_incomplete",
      "upload_used",
      "upload_not_found",
    ]);
    for (const source of sources) {
      const again = await ask(
        "POST",
        `/v1/batches/${id}/images`,
        json,
        JSON.stringify({ sources: [source] }),
      );
      expect(again.status).toBeGreaterThanOrEqual(400);
    }
  });
});

describe("P5: of one owner", () => {
  test("there are only so many uploads; a job's and a deleted one do not count", async () => {
    const { ask, app } = room.open({ openUploadsMax: 2 });
    const first = await whole(ask, room.image);
    const second = await create(ask, 10);
    const another = () => ask("POST", "/v1/uploads", { "upload-length": "10" });
    expect(await expectProblem(await another(), "quota_reached")).toContain("2");
    await create(sender(app, "bob"), 10);
    await jobFrom(await submitUpload(ask, first.id));
    expect((await another()).status).toBe(201);
    await ask("DELETE", `/v1/uploads/${second.id}`);
    expect((await another()).status).toBe(201);
  });

  test("uploads count among the stored bytes from their beginning, and once", async () => {
    const each = { ...DEFAULT_LIMITS.each, storedBytes: 2 * room.image.length };
    const { ask } = room.open({ each });
    const first = await whole(ask, room.image);
    await create(ask, room.image.length);
    await expectProblem(await ask("POST", "/v1/uploads", { "upload-length": "10" }), "quota_reached");
    await expectProblem(
      await ask("POST", "/v1/jobs", { "content-type": "image/png" }, room.image),
      "quota_reached",
    );
    await jobFrom(await submitUpload(ask, first.id));
  });

  test("no upload is begun for which the disk has no room, or gone on with", async () => {
    const roomy = room.open();
    const { id } = await create(roomy.ask, room.image.length);
    const { ask } = await room.reopen(roomy, { freeBytesMin: Number.MAX_SAFE_INTEGER });
    await expectProblem(await ask("POST", "/v1/uploads", { "upload-length": "10" }), "disk_full");
    await expectProblem(await append(ask, id, 0, room.image), "disk_full");
    expect(await offsetOf(ask, id)).toBe(0);
  });
});

describe("P7: an upload", () => {
  test("is its owner's only, whatever is asked", async () => {
    const { ask, app } = room.open();
    const { id } = await create(ask, room.image.length);
    const strangers = [sender(app, "bob"), sender(app, "")];
    for (const stranger of strangers) {
      await expectProblem(await stranger("GET", `/v1/uploads/${id}`), "upload_not_found");
      await expectProblem(await append(stranger, id, 0, room.image), "upload_not_found");
      await expectProblem(await stranger("DELETE", `/v1/uploads/${id}`), "upload_not_found");
      await expectProblem(await submitUpload(stranger, id), "upload_not_found");
    }
    expect(await offsetOf(ask, id)).toBe(0);
  });

  test("takes the scope 'submit'", async () => {
    const { app } = room.open();
    for (const [method, path] of [
      ["POST", "/v1/uploads"],
      ["GET", "/v1/uploads/x"],
      ["PATCH", "/v1/uploads/x"],
      ["DELETE", "/v1/uploads/x"],
    ] as const) {
      const headers = { ...as("ann", "read", "operate"), ...PART_HEADERS };
      expect(await expectProblem(await app.request(path, { method, headers }), "forbidden")).toContain(
        "'submit'",
      );
    }
  });

  test("leads nowhere by its id", async () => {
    const { ask, bench } = room.open();
    for (const id of ["..%2f..%2ftessera.sqlite", "%2e%2e", "../tessera.sqlite"])
      expect((await append(ask, id, 0, room.image)).status).toBe(404);
    expect(readdirSync(bench.dir).sort()).toContain("uploads");
  });
});
