import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { receiveRaw } from "../../master/accept/receive.ts";
import type { JobView } from "../../shared/api/job.ts";
import { TesseraError } from "../../shared/errors.ts";
import { TestClock } from "../engine/clock.ts";
import { type Bench, openBench, picture, spec, withBench } from "../engine/harness.ts";
import { answer, filesIn } from "../engine/job_states.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { inFolder } from "../support/folder.ts";
import { edgeWithCallers, expectClosed } from "./callers.ts";
import { edgeOf, expectProblem, jobFrom, sendRaw, uploadsIn } from "./edge.ts";

const HOUR_MS = 3_600_000;
const KEPT = { sourceKeptMs: 2 * HOUR_MS, resultKeptMs: 10 * HOUR_MS, resultKeptMsMax: 20 * HOUR_MS };
const folder = mkdtempSync(join(tmpdir(), "tessera-data-"));
let image: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  image = new Uint8Array(readFileSync(await picture(folder, spec(120, 90))));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A job that is done; time moves when a test says so. */
async function withDone(
  query: string,
  use: (bench: Bench, id: string, clock: TestClock) => Promise<void>,
): Promise<void> {
  const clock = new TestClock();
  await withBench({ clock, limits: { ...KEPT, historyKeptMs: 100 * HOUR_MS } }, async (bench) => {
    const worker = new OwnWorker(bench.bus, bench.buffers, answer);
    const { id } = await jobFrom(
      await sendRaw(edgeOf(bench), image, `?name=meadow.png&tile_size=64${query}`),
    );
    expect((await bench.master.wait(id)).state).toBe("done");
    await worker.leave();
    await use(bench, id, clock);
  });
}

const get = (bench: Bench, path: string, headers = {}, method = "GET") =>
  Promise.resolve(edgeOf(bench).request(path, { method, headers }));

describe("GET /v1/jobs/{id}/source", () => {
  test("gives the bytes that were sent, with name, tag, and HEAD", async () => {
    await withDone("&pipeline=invert", async (bench, id) => {
      const path = `/v1/jobs/${id}/source`;
      const whole = await get(bench, path);
      expect([whole.status, whole.headers.get("content-type")]).toEqual([200, "image/png"]);
      expect(whole.headers.get("content-disposition")).toContain('filename="meadow.png"');
      expect(new Uint8Array(await whole.arrayBuffer())).toEqual(image);
      const tag = whole.headers.get("etag")!;
      expect((await get(bench, path, { "if-none-match": tag })).status).toBe(304);
      const head = await get(bench, path, {}, "HEAD");
      expect([head.headers.get("content-length"), await head.text()]).toEqual([`${image.length}`, ""]);
      expect(tag).not.toBe((await get(bench, `/v1/jobs/${id}/result`)).headers.get("etag"));
    });
  });

  test("while the job waits too; not of a file that is somebody else's, nor once the job is cancelled", async () => {
    await withBench({}, async (bench) => {
      const { id } = await jobFrom(await sendRaw(edgeOf(bench), image));
      bench.master.pause(id);
      expect((await get(bench, `/v1/jobs/${id}/source`)).status).toBe(200);
      const theirs = join(folder, "120x90x3-8-1.png");
      await bench.master.submit({ id: "x", pipeline: "", source: { path: theirs, owned: false, name: "x" } });
      await expectProblem(await get(bench, "/v1/jobs/x/source"), "job_source_gone");
      bench.master.cancel(id);
      await expectProblem(await get(bench, `/v1/jobs/${id}/source`), "job_source_gone");
      await expectProblem(await get(bench, "/v1/jobs/none/source"), "job_not_found");
    });
  });
});

describe("GET /v1/jobs/{id}/events", () => {
  test("P8: tells what has happened, when, and which attempts were refused", async () => {
    await withBench({}, async (bench) => {
      let refused = false;
      new OwnWorker(bench.bus, bench.buffers, (task, own) => {
        if (refused || task.tile !== 1) return own.answer(task);
        refused = true;
        return own.publish(own.failed(task, "out of luck"));
      });
      const { id } = await jobFrom(await sendRaw(edgeOf(bench), image, "?tile_size=64"));
      await bench.master.wait(id);
      const all = (await (await get(bench, `/v1/jobs/${id}/events`)).json()) as {
        events: { at: string; what: string; detail: string }[];
      };
      expect(all.events.map(({ what }) => what).filter((what) => what !== "tile_refused")).toEqual([
        ...["queued", "ingesting", "running", "exporting", "done"],
      ]);
      const { detail } = all.events.find(({ what }) => what === "tile_refused")!;
      expect(detail).toMatch(/^Tile 1,0 of stage 0, attempt 1 with own-.*out of luck$/);
      expect(bench.master.job(id)!.progress).toMatchObject({ tiles_retried: 1, tiles_failed: 0 });
      const paged: unknown[] = [];
      let cursor = "";
      for (let pages = 1; ; pages++) {
        const response = await get(bench, `/v1/jobs/${id}/events?limit=2${cursor}`);
        const { events, next_cursor } = (await response.json()) as typeof all & { next_cursor?: string };
        paged.push(...events);
        if (next_cursor === undefined) {
          expect(pages).toBe(3);
          break;
        }
        cursor = `&cursor=${next_cursor}`;
      }
      expect(paged).toEqual(all.events);
      await expectProblem(await get(bench, `/v1/jobs/${id}/events?cursor=Zm9v`), "request_invalid");
      await expectProblem(await get(bench, "/v1/jobs/none/events"), "job_not_found");
    });
  });
});

test("P8: what a job came to that has failed or was cancelled: its error, each try, and its phases", async () => {
  await withBench({}, async (bench) => {
    new OwnWorker(bench.bus, bench.buffers, (task, own) =>
      task.tile === 1 ? own.publish(own.failed(task, "out of luck")) : own.answer(task),
    );
    const { id } = await jobFrom(await sendRaw(edgeOf(bench), image, "?tile_size=64"));
    const failed = await bench.master.wait(id);
    expect(failed.progress).toMatchObject({ tiles_failed: 1, tiles_retried: 3 });
    bench.master.retry(id);
    await bench.master.wait(id);
    const shown = (await (await get(bench, `/v1/jobs/${id}`)).json()) as JobView;
    expect(shown).toMatchObject({ attempts: 2, error: { code: "tile_failed" } });
    expect(Object.keys(shown.phases!).toSorted()).toEqual(["ingest", "stage-0"]);
    expect(shown.timeline!.map(({ phase }) => phase)).toEqual(["ingest", "stage-0"]);
    for (const { phase, from_ms, ms } of shown.timeline!) {
      expect(ms).toBe(shown.phases![phase]!);
      expect(from_ms + ms).toBeLessThanOrEqual(shown.wall_ms);
    }
    const fails = bench.master.events(id, 100).filter(({ what }) => what === "failed");
    expect(fails.map(({ detail }) => /^tile_failed: .*Tile 1,0 .*out of luck/.test(detail))).toEqual([
      true,
      true,
    ]);
  });
});

describe("DELETE /v1/jobs/{id}", () => {
  test("forgets a job that is done, with its files and its history", async () => {
    await withDone("", async (bench, id) => {
      const response = await get(bench, `/v1/jobs/${id}`, {}, "DELETE");
      expect([response.status, await response.text()]).toEqual([204, ""]);
      for (const rest of ["", "/events", "/tiles", "/result", "/source"])
        await expectProblem(await get(bench, `/v1/jobs/${id}${rest}`), "job_not_found");
      expect([...filesIn(join(bench.dir, "jobs")), ...uploadsIn(bench.dir)]).toEqual([]);
      await expectProblem(await get(bench, `/v1/jobs/${id}`, {}, "DELETE"), "job_not_found");
    });
  });

  test("P9: stops one that runs first, and whoever waits for it is told", async () => {
    await withBench({}, async (bench) => {
      const worker = new OwnWorker(bench.bus, bench.buffers);
      const { id } = await jobFrom(await sendRaw(edgeOf(bench), image, "?tile_size=64"));
      await worker.came(1);
      const waiting = bench.master.wait(id);
      expect((await get(bench, `/v1/jobs/${id}`, {}, "DELETE")).status).toBe(204);
      expect((await waiting).state).toBe("cancelled");
      expect([...filesIn(join(bench.dir, "jobs")), ...uploadsIn(bench.dir)]).toEqual([]);
      for (const task of [...worker.tasks]) await worker.answer(task); // too late
      expect(bench.master.jobs()).toEqual([]);
    });
  });
});

test("P7: what there is of a job is its owner's, and takes the scope", async () => {
  await withBench({}, async (bench) => {
    const source = { path: join(folder, "120x90x3-8-1.png"), owned: false, name: "a" };
    await bench.master.submit({ id: "it", owner: "ann", pipeline: "", source });
    const app = edgeWithCallers(bench);
    for (const rest of ["events", "source", "result"])
      await expectClosed(app, { path: `/v1/jobs/it/${rest}`, owner: "ann", scope: "read" });
    await expectClosed(app, { method: "DELETE", path: "/v1/jobs/it", owner: "ann", scope: "operate" });
    expect(bench.master.job("it")).toBeDefined();
  });
});

describe("what is kept", () => {
  const view = async (bench: Bench, id: string) =>
    (await (await get(bench, `/v1/jobs/${id}`)).json()) as JobView;

  test("the source goes first, then the result, and the row at last", async () => {
    await withDone("", async (bench, id, clock) => {
      const { ended_at: ended, expires_at: expires } = await view(bench, id);
      expect(Date.parse(expires!) - Date.parse(ended!)).toBe(10 * HOUR_MS);
      expect(uploadsIn(bench.dir)).toEqual([id]);
      clock.leap(2 * HOUR_MS);
      await bench.master.tidied();
      expect(uploadsIn(bench.dir)).toEqual([]);
      await expectProblem(await get(bench, `/v1/jobs/${id}/source`), "job_source_gone");
      expect((await get(bench, `/v1/jobs/${id}/result`)).status).toBe(200);
      clock.leap(8 * HOUR_MS);
      await expectProblem(await get(bench, `/v1/jobs/${id}/result`), "job_result_expired");
      await bench.master.tidied();
      expect(filesIn(join(bench.dir, "jobs"))).toEqual([]);
      expect((await view(bench, id)).state).toBe("done");
      clock.leap(91 * HOUR_MS);
      await expectProblem(await get(bench, `/v1/jobs/${id}`), "job_not_found");
    });
  });

  test.each([
    ["3600", HOUR_MS],
    ["90m", 1.5 * HOUR_MS],
    ["19h", 19 * HOUR_MS],
  ])("expires_in=%s", async (text, ms) => {
    await withDone(`&expires_in=${text}`, async (bench, id, clock) => {
      clock.leapUnseen(ms - 1);
      expect((await get(bench, `/v1/jobs/${id}/result`)).status).toBe(200);
      clock.leapUnseen(1);
      // Whether or not anybody has swept.
      expect(existsSync(join(bench.dir, "jobs", id, "result.png"))).toBe(true);
      await expectProblem(await get(bench, `/v1/jobs/${id}/result`), "job_result_expired");
      await expectProblem(await get(bench, `/v1/jobs/${id}/source`), "job_source_gone");
    });
  });

  test.each(["0", "-1", "1w", "1.5h", "21h", "1e3", "999999999d", ""])(
    "expires_in=%s is refused",
    async (text) => {
      await withBench({ limits: KEPT }, async (bench) => {
        const refused = await sendRaw(edgeOf(bench), image, `?expires_in=${text}`);
        expect(await expectProblem(refused, "request_invalid")).toContain("expires_in");
        expect(uploadsIn(bench.dir)).toEqual([]);
      });
    },
  );

  test("P3: what a crash has left of it goes at the next start, and what is kept stays", async () => {
    await inFolder(async (dir) => {
      const clock = new TestClock();
      const before = openBench(dir, { clock, limits: KEPT });
      const app = edgeOf(before);
      new OwnWorker(before.bus, before.buffers, answer);
      const kept = await jobFrom(await sendRaw(app, image, "?expires_in=20h"));
      const short = await jobFrom(await sendRaw(app, image, "?expires_in=1h"));
      for (const { id } of [kept, short]) expect((await before.master.wait(id)).state).toBe("done");
      await before.master.stop();
      clock.pass(1.5 * HOUR_MS);
      const after = openBench(dir, { clock, limits: KEPT });
      await after.master.tidied();
      expect(uploadsIn(after.dir)).toEqual([kept.id]);
      expect(filesIn(join(after.dir, "jobs"))).toEqual([kept.id]);
      expect(filesIn(join(after.dir, "jobs", kept.id))).toEqual(["result.png"]);
      expect((await get(after, `/v1/jobs/${kept.id}/result`)).status).toBe(200);
      await expectProblem(await get(after, `/v1/jobs/${short.id}/result`), "job_result_expired");
      await after.master.stop();
    });
  });
});

describe("P5: a disk that is about to be full", () => {
  test("is looked at while an image comes: what has come of it goes", async () => {
    await inFolder(async (dir) => {
      const path = join(dir, "upload");
      let sent = 0;
      async function* endless() {
        yield new Uint8Array(image);
        for (; sent < 100 << 20; sent += 1 << 20) yield new Uint8Array(1 << 20);
      }
      let looks = 0;
      const checkRoom = () => {
        if (++looks > 2) throw new TesseraError("disk_full");
      };
      const receiving = receiveRaw(endless(), { path, bytesMax: 1 << 30, sync: false, checkRoom });
      await expect(receiving).rejects.toMatchObject({ code: "disk_full" });
      expect(sent).toBeLessThan(64 << 20);
      expect(existsSync(path)).toBe(false);
    });
  });

  test("takes no upload, however it is announced, and loses none of its jobs", async () => {
    await inFolder(async (dir) => {
      const before = openBench(dir);
      await jobFrom(await sendRaw(edgeOf(before), image));
      await before.master.stop();
      const after = openBench(dir, { limits: { freeBytesMin: Number.MAX_SAFE_INTEGER } });
      const app = edgeOf(after);
      const chunks = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new Uint8Array(image));
          controller.close();
        },
      });
      for (const body of [image, chunks]) await expectProblem(await sendRaw(app, body), "disk_full");
      expect(uploadsIn(after.dir)).toHaveLength(1);
      new OwnWorker(after.bus, after.buffers, answer);
      expect((await after.master.wait(after.master.jobs()[0]!.id)).state).toBe("done");
      await after.master.stop();
    });
  });
});
