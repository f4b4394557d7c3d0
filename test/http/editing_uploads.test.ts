import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { OwnWorker } from "../engine/own_worker.ts";
import { as } from "./callers.ts";
import { expectProblem, jobFrom, uploadsIn } from "./edge.ts";
import { type Ask, append, create, sender, submitUpload, UploadRoom, whole } from "./upload_room.ts";

let room: UploadRoom;
beforeAll(async () => {
  room = await UploadRoom.enter();
});
afterAll(() => room.leave());

const HOUR_MS = 3_600_000;
const JSON_TYPE = { "content-type": "application/json" };

const proxyOf = (ask: Ask, upload: string, headers: object = JSON_TYPE): Promise<Response> =>
  ask("POST", "/v1/proxies", headers, JSON.stringify({ source: { upload } }));

const look = (ask: Ask, proxy: string): Promise<Response> =>
  ask("POST", "/v1/preview", JSON_TYPE, JSON.stringify({ proxy, pipeline: "invert" }));

/** That it is there and can be looked at; its id. */
async function seen(ask: Ask, response: Response): Promise<string> {
  expect(response.status).toBe(201);
  const { id, ...size } = (await response.json()) as { id: string };
  expect(size as object).toEqual({ width: 120, height: 90 });
  expect((await look(ask, id)).status).toBe(200);
  return id;
}

describe("POST /v1/proxies with an upload", () => {
  test("looks at what has been sent; the upload stays, and becomes a job", async () => {
    const { ask, bench } = room.open();
    new OwnWorker(bench.bus, bench.buffers, (task, worker) => worker.answer(task));
    const { id } = await whole(ask, room.image);
    const proxy = await seen(ask, await proxyOf(ask, id));
    expect(uploadsIn(bench.dir)).toEqual([id]);
    const job = await jobFrom(await submitUpload(ask, id, { pipeline: "invert" }));
    expect((await bench.master.wait(job.id)).state).toBe("done");
    expect((await look(ask, proxy)).status).toBe(200);
  });

  test("also of one that has become a job, for as long as that keeps its source", async () => {
    const { ask, bench } = room.open({ sourceKeptMs: HOUR_MS });
    const { id } = await whole(ask, room.image);
    const job = await jobFrom(await submitUpload(ask, id));
    await seen(ask, await proxyOf(ask, id));
    expect(uploadsIn(bench.dir)).toEqual([id]);
    expect((await ask("DELETE", `/v1/jobs/${job.id}`, as("ann", "operate"))).status).toBe(204);
    await bench.master.tidied();
    expect(await expectProblem(await proxyOf(ask, id), "upload_used")).toContain(job.id);
    expect(uploadsIn(bench.dir)).toEqual([]);
  });

  test("whatever becomes of the upload while it is decoded, it is seen or refused, and nothing stays", async () => {
    const fates: ((ask: Ask, id: string) => Promise<unknown>)[] = [
      (ask, id) => ask("DELETE", `/v1/uploads/${id}`),
      async (ask, id) => {
        const { id: job } = await jobFrom(await submitUpload(ask, id));
        await ask("DELETE", `/v1/jobs/${job}`, as("ann", "operate"));
      },
    ];
    for (const fate of fates) {
      const { ask, bench } = room.open();
      const { id } = await whole(ask, room.image);
      const asked = Array.from({ length: 3 }, () => proxyOf(ask, id));
      const [, ...proxies] = await Promise.all([fate(ask, id), ...asked]);
      for (const response of proxies) {
        if (response.status === 201) {
          await seen(ask, response);
        } else {
          const { code } = (await response.json()) as { code: string };
          expect(["upload_not_found", "upload_used"]).toContain(code);
        }
      }
      await bench.master.tidied();
      expect(uploadsIn(bench.dir)).toEqual([]);
    }
  });

  test("P6: one that is not whole, that is not there, or that is no image", async () => {
    const { ask, bench, clock } = room.open({ uploadKeptMs: HOUR_MS });
    const { id } = await create(ask, room.image.length);
    await append(ask, id, 0, room.image.slice(0, 900));
    expect(await expectProblem(await proxyOf(ask, id), "upload_incomplete")).toContain("900");
    await append(ask, id, 900, room.image.slice(900));
    clock.leapUnseen(2 * HOUR_MS);
    await expectProblem(await proxyOf(ask, id), "upload_not_found");
    await expectProblem(await proxyOf(ask, "../tessera.sqlite"), "upload_not_found");
    for (const upload of ["", "x".repeat(101), 1])
      await expectProblem(await proxyOf(ask, upload as string), "request_invalid");
    const cut = await whole(ask, room.image.slice(0, 900));
    await expectProblem(await proxyOf(ask, cut.id), "image_truncated");
    expect(uploadsIn(bench.dir)).toContain(cut.id);
    expect(readdirSync(join(bench.dir, "previews", "shelf"))).toEqual([]);
  });

  test("P7: is its owner's, and takes the scope 'submit'", async () => {
    const { ask, app } = room.open();
    const { id } = await whole(ask, room.image);
    await expectProblem(await proxyOf(sender(app, "bob"), id), "upload_not_found");
    const reader = { ...JSON_TYPE, ...as("ann", "read", "operate") };
    expect(await expectProblem(await proxyOf(ask, id, reader), "forbidden")).toContain("'submit'");
    await seen(ask, await proxyOf(ask, id));
  });
});
