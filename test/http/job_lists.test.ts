import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobView } from "../../shared/api/job.ts";
import { TestClock } from "../engine/clock.ts";
import { type Bench, openBench, picture, spec, withBench } from "../engine/harness.ts";
import { asked } from "../engine/job_states.ts";
import { inFolder } from "../support/folder.ts";
import { as, edgeWithCallers } from "./callers.ts";
import { type Edge, edgeOf, expectProblem } from "./edge.ts";

interface Page {
  readonly jobs: JobView[];
  readonly next_cursor?: string;
  readonly previous_cursor?: string;
}

const folder = mkdtempSync(join(tmpdir(), "tessera-lists-"));
const clock = new TestClock();
let bench: Bench;
let app: Edge;
let image = "";
const times: string[] = [];

/** j0 to j9, a second between them; nobody works on them. */
beforeAll(async () => {
  image = await picture(folder, spec(100, 80, 1));
  bench = openBench(folder, { clock });
  app = edgeOf(bench);
  for (let i = 0; i < 10; i++) {
    times.push(new Date(clock.now()).toISOString());
    await bench.master.submit({
      ...{ ...asked, id: `j${i}`, owner: i % 2 === 0 ? "ann" : "bob" },
      source: { path: image, owned: false, name: i === 7 ? "Holiday_100%.PNG" : `photo ${i}.png` },
      labels: { project: i < 5 ? "alpha" : "beta", "a.b": "x:y", number: `${i}` },
      ...(i === 3 && { batch: "the-batch" }),
    });
    clock.pass(1000);
  }
  bench.master.pause("j1");
  bench.master.cancel("j2");
});

afterAll(async () => {
  await bench.master.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function page(query: string, edge = app, headers = {}): Promise<Page> {
  const response = await edge.request(`/v1/jobs${query}`, { headers });
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
}

const ids = async (query: string, headers = {}): Promise<string> =>
  (await page(query, edgeWithCallers(bench), { ...as("root", "admin"), ...headers })).jobs
    .map(({ id }) => id.slice(1))
    .join("");

describe("GET /v1/jobs", () => {
  test.each([
    ["", "9876543210"],
    ["?state=paused", "1"],
    ["?state=cancelled", "2"],
    ["?state=cancelled,paused", "21"],
    ["?state=done", ""],
    ["?label=project:alpha", "43210"],
    ["?label=project:alpha,number:3", "3"],
    ["?label=a.b:x:y,project:beta", "98765"],
    ["?label=project:gamma", ""],
    ["?label=missing:x", ""],
    ["?text=PHOTO", "986543210"],
    ["?text=holiday_1", "7"],
    ["?text=100%25.png", "7"],
    ["?text=%25", "7"],
    ["?text=_", "7"],
    ["?text=j4", "4"],
    ["?text=%27%20OR%201=1%20--", ""],
    ["?batch=the-batch", "3"],
    ["?batch=the", ""],
    ["?state=queued,ingesting,running,paused&label=project:alpha&text=photo", "4310"],
  ])("%s", async (query, expected) => {
    expect(await ids(query)).toBe(expected);
  });

  test("by when they were created: after is included, before is not", async () => {
    expect(await ids(`?after=${times[7]}`)).toBe("987");
    expect(await ids(`?before=${times[2]}`)).toBe("10");
    expect(await ids(`?after=${times[3]}&before=${times[5]}`)).toBe("43");
    const inOtherZone = new Date(Date.parse(times[7]!) + 3_600_000).toISOString().replace("Z", "%2B01:00");
    expect(await ids(`?after=${inOtherZone}`)).toBe("987");
  });

  test("pages hold every job once, while others come in", async () => {
    await inFolder(async (dir) => {
      const own = openBench(dir);
      const edge = edgeOf(own);
      const submit = (id: string) =>
        own.master.submit({ ...asked, id, source: { path: image, owned: false, name: id } });
      for (let i = 0; i < 7; i++) await submit(`${i}`);
      const seen: string[] = [];
      let next: string | undefined;
      do {
        const { jobs, next_cursor } = await page(`?limit=3${next ? `&cursor=${next}` : ""}`, edge);
        seen.push(...jobs.map(({ id }) => id));
        next = next_cursor;
        await submit(`late ${seen.length}`);
      } while (next !== undefined);
      expect(seen).toEqual(["6", "5", "4", "3", "2", "1", "0"]);
      const exact = await page("?limit=1&text=late 7".replace(" ", "%20"), edge);
      expect(exact.next_cursor).toBeUndefined();
      await own.master.stop();
    });
  });

  test("lead back to the page before, which is as it was", async () => {
    const filter = "limit=3&text=photo";
    const seen: Page[] = [];
    for (let next: string | undefined = ""; next !== undefined; next = seen.at(-1)!.next_cursor)
      seen.push(await page(`?${filter}${next && `&cursor=${next}`}`));
    const idsOf = ({ jobs }: Page) => jobs.map(({ id }) => id.slice(1)).join("");
    expect(seen.map(idsOf)).toEqual(["986", "543", "210"]);
    expect(seen.map(({ previous_cursor }) => previous_cursor !== undefined)).toEqual([false, false, true]);
    expect(await page(`?${filter}&cursor=${seen[2]!.previous_cursor}`)).toMatchObject({
      jobs: seen[1]!.jobs.map(({ id }) => ({ id })),
      next_cursor: seen[1]!.next_cursor!,
    });
  });

  test("P7: everyone sees their own, admin sees all, and nobody without the scope", async () => {
    expect(await ids("", as("ann", "read"))).toBe("86420");
    expect(await ids("?text=j1", as("ann", "read"))).toBe("");
    expect(await ids("?limit=1000", as("nobody", "read"))).toBe("");
    const edge = edgeWithCallers(bench);
    // Bob's cursor shows Ann no more than her own.
    const bobs = await page("?limit=2", edge, as("bob", "read"));
    expect(await ids(`?cursor=${bobs.next_cursor}`, as("ann", "read"))).toBe("6420");
    await expectProblem(await edge.request("/v1/jobs", { headers: as("ann", "submit") }), "forbidden");
  });

  test.each([
    ["cursor=", /cursor/],
    ["cursor=abc", /given out/],
    [`cursor=${Buffer.from("0").toString("base64url")}`, /given out/],
    [`cursor=${Buffer.from("-5").toString("base64url")}`, /given out/],
    [`cursor=${Buffer.from("1e9").toString("base64url")}`, /given out/],
    [`cursor=${Buffer.from("9999999999999999").toString("base64url")}`, /given out/],
    [`cursor=${Buffer.from("1 OR 1=1").toString("base64url")}`, /given out/],
    ["cursor=..%2F..%2Fetc", /cursor/],
    [`cursor=${"M".repeat(5000)}`, /cursor/],
    ["state=sleeping", /state/],
    ["state=", /state/],
    ["state=queued,queued", /state/],
    ["label=project", /label/],
    ["label=:x", /label/],
    ["label=__proto__%22]:x", /label/],
    [`label=${Array.from({ length: 40 }, (_, i) => `a:${i}`).join()}`, /label/],
    ["after=yesterday", /after/],
    ["before=2026-13-45T00:00:00Z", /before/],
    ["text=", /text/],
    [`text=${"x".repeat(201)}`, /text/],
    ["state=queued&state=done", /more than once/],
    ["__proto__=x", /no option/],
  ])("P6: refuses %s", async (query, detail) => {
    expect(await expectProblem(await app.request(`/v1/jobs?${query}`), "request_invalid")).toMatch(detail);
  });

  test("P7: labels that look like an object's own parts are labels like others", async () => {
    await withBench({}, async (own) => {
      const labels = JSON.parse('{"__proto__": "a", "constructor": "b"}') as Record<string, string>;
      await own.master.submit({
        ...{ ...asked, id: "it", labels },
        source: { path: image, owned: false, name: "it" },
      });
      const { jobs } = await page("?label=__proto__:a,constructor:b", edgeOf(own));
      expect(jobs.map(({ id }) => id)).toEqual(["it"]);
      expect(Object.hasOwn({}, "a")).toBe(false);
      expect((await page("?label=toString:x", edgeOf(own))).jobs).toEqual([]);
    });
  });
});
