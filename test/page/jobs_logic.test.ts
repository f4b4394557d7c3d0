import { describe, expect, test } from "bun:test";
import { signal } from "@preact/signals";
import type { Client, JobView } from "../../client/client.ts";
import { carryOut, planOf } from "../../page/jobs/bulk.ts";
import { refusalsOf } from "../../page/jobs/bulk_words.ts";
import { filterOf, fits, toggled } from "../../page/jobs/filter.ts";
import { JobList } from "../../page/jobs/job_list.ts";
import { Selection } from "../../page/jobs/selection.ts";

/** As much of a job as lists look at. */
const job = (number: number, more: Partial<JobView> = {}): JobView =>
  ({
    id: `j${number}`,
    state: "done",
    labels: {},
    wall_ms: 1,
    created_at: new Date(1_000_000 + number).toISOString(),
    source: { name: `picture ${number}.png` },
    ...more,
  }) as JobView;

describe("a filter", () => {
  test("is read from an address, and what is none is passed over", () => {
    const search =
      "state=failed,nonsense,failed&label=a:b,none&text=x&after=2026-01-01T00:00:00Z&before=soon";
    expect(filterOf(new URLSearchParams(`${search}&batch=b&cursor=7`))).toEqual({
      ...{ state: ["failed"], label: ["a:b"], text: "x", batch: "b" },
      after: "2026-01-01T00:00:00.000Z",
    });
    expect(filterOf(new URLSearchParams("state=nonsense&text="))).toEqual({});
  });

  test.each([
    [{}, true],
    [{ text: "PICTURE 1" }, true],
    [{ text: "J1" }, true],
    [{ text: "picture 2" }, false],
    [{ state: ["failed", "done"] }, true],
    [{ state: ["failed"] }, false],
    [{ label: ["a:b:c"] }, true],
    [{ label: ["a:b"] }, false],
    [{ batch: "other" }, false],
    [{ after: job(1).created_at }, true],
    [{ before: job(1).created_at }, false],
  ] as const)("takes what the server takes: %#", (filter, expected) => {
    expect(fits(job(1, { labels: { a: "b:c" } }), filter as Parameters<typeof fits>[1])).toBe(expected);
  });

  test("has all states of a group or none", () => {
    const group = { name: "At work", states: ["ingesting", "running", "exporting"] } as const;
    expect(toggled(["done", "running"], group)).toEqual(["done", "ingesting", "running", "exporting"]);
    expect(toggled(["done", "ingesting", "running", "exporting"], group)).toEqual(["done"]);
  });
});

test("a selection takes ranges, pages, and forgets what is not shown any more", () => {
  const shown = ["a", "b", "c", "d"];
  const selection = new Selection();
  selection.toggle("b", shown);
  selection.toggle("d", shown, { isRange: true });
  expect(selection.ids).toEqual(["b", "c", "d"]);
  selection.toggle("c", shown);
  selection.toggle("b", shown, { isRange: true });
  expect(selection.ids).toEqual(["d"]);
  selection.togglePage(shown);
  selection.keepOnly(["c", "e"]);
  expect(selection.ids).toEqual(["c"]);
  selection.isAll.value = true;
  selection.toggle("a", shown);
  expect([selection.isAll.value, ...selection.ids]).toEqual([false, "b", "c", "d"]);
  selection.clear();
  expect(selection.isEmpty.value).toBe(true);
});

type Body = Parameters<Client["bulkJobs"]>[0]["body"];

/** A server of so many jobs, of which every third cannot be cancelled. */
function bulkServer(count: number) {
  const said: Body[] = [];
  const all = Array.from({ length: count }, (_, i) => `j${i}`);
  const bulkJobs = async ({ body }: { body: Body }) => {
    said.push(body);
    const meant = body.filter.ids ?? all;
    const from = Number(body.cursor ?? 0);
    const page = meant.slice(from, from + 1000);
    const refused = page.filter((id) => Number(id.slice(1)) % 3 === 0);
    return {
      matched: meant.length - from,
      changed: page.filter((id) => !refused.includes(id)),
      refused: refused.map((id) => ({ id, code: "job_not_active" as const })),
      ...(from + 1000 < meant.length && { next_cursor: `${from + 1000}` }),
    };
  };
  return { said, bulkJobs: bulkJobs as Client["bulkJobs"] };
}

const never = new AbortController().signal;

describe("the same with many jobs", () => {
  test("is looked at page by page first, and done with exactly those that were told", async () => {
    const { said, bulkJobs } = bulkServer(2500);
    const plan = await planOf(bulkJobs, "cancel", { filter: { text: "x" } }, never);
    expect(said.map(({ dry_run, cursor }) => [dry_run, cursor])).toEqual([
      [true, undefined],
      [true, "1000"],
      [true, "2000"],
    ]);
    expect(plan.ids).toHaveLength(1666);
    expect(refusalsOf("cancel", plan)).toEqual(["834 jobs have ended already."]);
    said.length = 0;
    const told: number[] = [];
    const done = await carryOut(bulkJobs, "cancel", plan, 5, (count) => told.push(count));
    expect(done).toEqual({ changed: 1666, refused: 0 });
    expect(told).toEqual([1000, 1666]);
    expect(said.map(({ filter, dry_run }) => [filter.ids?.length, dry_run])).toEqual([
      [1000, undefined],
      [666, undefined],
    ]);
  });

  test("asks of those only for which it means anything", async () => {
    const { said, bulkJobs } = bulkServer(5);
    await planOf(bulkJobs, "resume", { ids: ["j1", "j2"] }, never);
    expect(said[0]!.filter).toEqual({ ids: ["j1", "j2"], state: ["paused"] });
    const none = await planOf(bulkJobs, "resume", { filter: { state: ["done"] } }, never);
    expect([none.ids, said.length]).toEqual([[], 1]);
  });
});

describe("a list", () => {
  type Page = Awaited<ReturnType<Client["listJobs"]>>;
  const told = (jobs: JobView[], gone: string[] = []) =>
    ({ type: "jobs", topic: "jobs", seq: 1, snapshot: false, jobs, gone }) as const;

  /** A list whose pages come when the test says so. */
  function list({ isHeld = false } = {}) {
    const asked = signal<((page: Page) => void)[]>([]);
    const made = new JobList({
      listJobs: (() =>
        new Promise<Page>((resolve) => {
          asked.value = [...asked.value, resolve];
        })) as Client["listJobs"],
      isHeld: () => isHeld,
      onFault: (thrown) => {
        throw thrown;
      },
    });
    const come = async (page: Page) => {
      asked.value.at(-1)!(page);
      await Promise.resolve();
      await new Promise(setImmediate);
    };
    return { made, come, asked };
  }
  const idsOf = ({ page }: JobList) => page.value?.rows.map(({ value }) => value.job.id);

  test("keeps what was told while the page was on its way, if that is newer", async () => {
    const { made, come } = list();
    void made.load({ filter: {}, cursor: undefined });
    made.hear(told([job(1, { wall_ms: 20 }), job(2, { wall_ms: 5, state: "running" })]));
    await come({ jobs: [job(2, { wall_ms: 10 }), job(1, { state: "running", wall_ms: 10 })] });
    expect(made.page.value!.rows.map(({ value }) => value.job.state)).toEqual(["done", "done"]);
    made.end();
  });

  test("looks again by itself when something has come, once for many, unless somebody holds it", async () => {
    const free = list();
    void free.made.load({ filter: { state: ["done"] }, cursor: undefined });
    await free.come({ jobs: [job(1)] });
    free.made.hear(told([job(2, { state: "running" })]));
    expect(free.asked.value).toHaveLength(1);
    free.made.hear(told([job(3)]));
    free.made.hear(told([job(4)]));
    expect(free.asked.value).toHaveLength(2);
    await free.come({ jobs: [job(4), job(3), job(1)] });
    expect([idsOf(free.made), free.made.waiting.value.size]).toEqual([["j4", "j3", "j1"], 0]);
    free.made.end();
    const held = list({ isHeld: true });
    void held.made.load({ filter: {}, cursor: undefined });
    await held.come({ jobs: [job(1)] });
    held.made.hear(told([job(2), job(3)]));
    held.made.hear(told([], ["j3", "j1"]));
    expect([held.asked.value.length, [...held.made.waiting.value]]).toEqual([1, ["j2"]]);
    expect(held.made.page.value!.rows[0]!.value.isGone).toBe(true);
    held.made.end();
  });

  test("of a later page counts only what was created since", async () => {
    const { made, come } = list();
    made.hear({ ...told([job(90)]), snapshot: true });
    void made.load({ filter: {}, cursor: "x" });
    await come({ jobs: [job(10)], next_cursor: "y" });
    made.hear(told([job(89), job(90), job(91)]));
    expect([...made.waiting.value]).toEqual(["j91"]);
    made.end();
  });
});
