import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeadLetterView } from "../../shared/api/dead_letter.ts";
import { type Bench, openBench, picture, spec, withBench } from "../engine/harness.ts";
import { asked } from "../engine/job_states.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { as, edgeWithCallers, expectClosed } from "./callers.ts";
import { expectProblem } from "./edge.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-letters-"));
let image = "";

beforeAll(async () => {
  image = await picture(folder, spec(100, 80, 1));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ADMIN = as("root", "admin");

interface Page {
  readonly dead_letters: DeadLetterView[];
  readonly next_cursor?: string;
}

async function list(bench: Bench, query = "", headers = ADMIN): Promise<Page> {
  const answer = await edgeWithCallers(bench).request(`/v1/dead-letters${query}`, { headers });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Page;
}

const jobsOf = ({ dead_letters }: Page): string[] => dead_letters.map(({ job }) => job);

const replay = async (bench: Bench, what: string, headers = ADMIN): Promise<Response> =>
  edgeWithCallers(bench).request(`/v1/dead-letters/${what}`, { method: "POST", headers });

interface Failing {
  readonly bench: Bench;
  readonly worker: OwnWorker;
  /** From now on tiles are done. */
  heal(): void;
}

/** Jobs 0 to count - 1, of Ann and Bob in turn, that have failed one after the other. */
const withFailed = (count: number, use: (failing: Failing) => Promise<void>): Promise<void> =>
  withBench({}, async (bench) => {
    let ill = true;
    const worker = new OwnWorker(bench.bus, bench.buffers, (task, own) =>
      ill ? own.publish(own.failed(task)) : own.answer(task),
    );
    for (let i = 0; i < count; i++) {
      const source = { path: image, owned: false, name: `${i}` };
      await bench.master.submit({ ...asked, id: `${i}`, owner: i % 2 === 0 ? "ann" : "bob", source });
      expect((await bench.master.wait(`${i}`)).state).toBe("failed");
    }
    const heal = () => {
      ill = false;
    };
    await use({ bench, worker, heal });
  });

describe("GET /v1/dead-letters", () => {
  test("P8: tells which tile was given up on, where it was tried, and why", () =>
    withFailed(1, async ({ bench, worker }) => {
      const { dead_letters } = await list(bench);
      expect(dead_letters).toEqual([
        {
          ...{ job: "0", at: expect.any(String), stage: 0, tile: expect.any(Number), attempts: 3 },
          ...{ workers: Array(3).fill(worker.id), code: "tile_failed", replayable: true },
          ...{
            message: expect.stringContaining("no luck"),
            steps: [expect.objectContaining({ op: "blur" })],
          },
        },
      ]);
    }));

  test("gives pages, the newest first, that stay put", () =>
    withFailed(3, async ({ bench }) => {
      const first = await list(bench, "?limit=2");
      expect(jobsOf(first)).toEqual(["2", "1"]);
      const second = await list(bench, `?limit=2&cursor=${first.next_cursor}`);
      expect([jobsOf(second), second.next_cursor]).toEqual([["0"], undefined]);
      const app = edgeWithCallers(bench);
      for (const query of ["?limit=0", "?cursor=nope", "?owner=ann"])
        await expectProblem(
          await app.request(`/v1/dead-letters${query}`, { headers: ADMIN }),
          "request_invalid",
        );
    }));

  test("P7: shows one's own only, and takes the scope", () =>
    withFailed(3, async ({ bench }) => {
      expect(jobsOf(await list(bench, "", as("ann", "read")))).toEqual(["2", "0"]);
      expect(jobsOf(await list(bench, "", as("bob", "read")))).toEqual(["1"]);
      expect(jobsOf(await list(bench, "", as("sue", "read")))).toEqual([]);
      const headers = as("ann", "submit", "operate");
      await expectProblem(await edgeWithCallers(bench).request("/v1/dead-letters", { headers }), "forbidden");
    }));

  test("P3: a new start has them too; what is deleted has none", async () => {
    await withFailed(2, async ({ bench }) => {
      await bench.master.stop();
      const again = openBench(bench.folder);
      try {
        expect(jobsOf(await list(again))).toEqual(["1", "0"]);
        await again.master.remove(["1"]);
        expect(jobsOf(await list(again))).toEqual(["0"]);
      } finally {
        await again.master.stop();
      }
    });
  });
});

describe("POST /v1/dead-letters/{id}/replay", () => {
  test("tries the job again, and its letter is gone", () =>
    withFailed(1, async ({ bench, heal }) => {
      heal();
      const answer = await replay(bench, "0/replay", as("ann", "operate"));
      expect([answer.status, ((await answer.json()) as { id: string }).id]).toEqual([200, "0"]);
      expect(jobsOf(await list(bench))).toEqual([]);
      expect((await bench.master.wait("0")).state).toBe("done");
      expect(jobsOf(await list(bench))).toEqual([]);
      await expectProblem(await replay(bench, "0/replay"), "job_not_failed");
    }));

  test("a job that fails again has one letter", () =>
    withFailed(1, async ({ bench }) => {
      await replay(bench, "0/replay");
      await bench.master.wait("0");
      expect(jobsOf(await list(bench))).toEqual(["0"]);
    }));

  test("P7: takes the scope, and hides the jobs of others", () =>
    withFailed(1, async ({ bench }) => {
      const path = "/v1/dead-letters/0/replay";
      await expectClosed(edgeWithCallers(bench), { method: "POST", path, owner: "ann", scope: "operate" });
      await expectProblem(await replay(bench, "nobody/replay"), "job_not_found");
      expect(jobsOf(await list(bench))).toEqual(["0"]);
    }));
});

describe("POST /v1/dead-letters/replay", () => {
  test("tries all of the caller's again, so many a call, and says which were refused", () =>
    withFailed(4, async ({ bench, heal }) => {
      heal();
      // Its source is gone: nothing can be tried again without it.
      rmSync(join(bench.dir, "jobs", "0"), { recursive: true });
      expect((await list(bench)).dead_letters.map(({ replayable }) => replayable)).toEqual([
        ...[true, true, true, false],
      ]);
      const first = await (await replay(bench, "replay?limit=1", as("ann", "operate"))).json();
      expect(first).toMatchObject({ replayed: ["2"], refused: [] });
      const { next_cursor: cursor } = first as { next_cursor: string };
      expect(await (await replay(bench, `replay?cursor=${cursor}`, as("ann", "operate"))).json()).toEqual({
        ...{ replayed: [], refused: [{ id: "0", code: "job_not_failed" }] },
      });
      expect(await (await replay(bench, "replay")).json()).toEqual({
        ...{ replayed: ["3", "1"], refused: [{ id: "0", code: "job_not_failed" }] },
      });
      for (const id of ["1", "2", "3"]) expect((await bench.master.wait(id)).state).toBe("done");
      expect(jobsOf(await list(bench))).toEqual(["0"]);
      await expectProblem(await replay(bench, "replay", as("ann", "read", "submit")), "forbidden");
    }));
});
