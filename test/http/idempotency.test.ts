import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestClock } from "../engine/clock.ts";
import { type Bench, openBench, picture, spec, withBench } from "../engine/harness.ts";
import { inFolder } from "../support/folder.ts";
import { as, edgeWithCallers } from "./callers.ts";
import { type Body, expectProblem, formOf, jobFrom, uploadsIn } from "./edge.ts";

const DAY_MS = 24 * 3_600_000;
const folder = mkdtempSync(join(tmpdir(), "tessera-once-"));
let image: Uint8Array<ArrayBuffer>;
let other: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  image = new Uint8Array(readFileSync(await picture(folder, spec(60, 50))));
  other = new Uint8Array(readFileSync(await picture(folder, spec(60, 50, 3, 8, 2))));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Sent {
  readonly key?: string;
  readonly query?: string;
  readonly body?: Body;
  readonly owner?: string;
}

const send = (bench: Bench, { key = "k1", query = "", body = image, owner = "ann" }: Sent = {}) =>
  Promise.resolve(
    edgeWithCallers(bench).request(`/v1/jobs${query}`, {
      ...{ method: "POST", body },
      headers: { ...as(owner, "submit", "read"), "content-type": "image/png", "idempotency-key": key },
    }),
  );

const jobs = ({ master }: Bench): number => master.jobs().length;

describe("P4: an Idempotency-Key", () => {
  test("gives the same request the same job, however it has gone on; and leaves no second upload", async () => {
    await withBench({}, async (bench) => {
      const first = await jobFrom(await send(bench, { query: "?pipeline=blur&name=a" }));
      bench.master.pause(first.id);
      // The same options, in another order.
      const again = await jobFrom(await send(bench, { query: "?name=a&pipeline=blur" }));
      expect([again.id, again.state]).toEqual([first.id, "paused"]);
      expect([jobs(bench), uploadsIn(bench.dir)]).toEqual([1, [first.id]]);
    });
  });

  test("knows a form again, whose boundaries are others each time", async () => {
    await withBench({}, async (bench) => {
      const ids = new Set<string>();
      for (let i = 0; i < 2; i++) {
        const response = await edgeWithCallers(bench).request("/v1/jobs", {
          ...{ method: "POST", body: formOf(new Blob([image]), { pipeline: "flip" }) },
          headers: { ...as("ann", "submit"), "idempotency-key": "k" },
        });
        ids.add((await jobFrom(response)).id);
      }
      expect([ids.size, jobs(bench)]).toEqual([1, 1]);
    });
  });

  test("belongs to its owner", async () => {
    await withBench({}, async (bench) => {
      const first = await jobFrom(await send(bench));
      const second = await jobFrom(await send(bench, { owner: "bob" }));
      expect(second.id).not.toBe(first.id);
    });
  });

  test("is refused with another request, which leaves nothing", async () => {
    await withBench({}, async (bench) => {
      const { id } = await jobFrom(await send(bench, { query: "?pipeline=blur" }));
      for (const sent of [{ query: "?pipeline=flip" }, { query: "?pipeline=blur", body: other }, {}])
        await expectProblem(await send(bench, sent), "idempotency_key_reused");
      expect([jobs(bench), uploadsIn(bench.dir)]).toEqual([1, [id]]);
    });
  });

  test("is refused while the first request is under way, and is free when that has failed", async () => {
    await withBench({}, async (bench) => {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const writer = writable.getWriter();
      const slow = send(bench, { body: readable });
      await writer.write(image.slice(0, 1000));
      await expectProblem(await send(bench), "idempotency_key_busy");
      expect((await send(bench, { key: "k2" })).status).toBe(202);
      await writer.write(image.slice(1000));
      await writer.close();
      const { id } = await jobFrom(await slow);
      expect((await jobFrom(await send(bench))).id).toBe(id);

      await expectProblem(await send(bench, { key: "k3", query: "?pipeline=nope" }), "pipeline_invalid");
      expect((await send(bench, { key: "k3" })).status).toBe(202);
    });
  });

  test("P3: is known after a restart, and forgotten after a day or with its job", async () => {
    await inFolder(async (dir) => {
      const clock = new TestClock();
      const before = openBench(dir, { clock });
      const first = await jobFrom(await send(before));
      await before.master.stop();
      const after = openBench(dir, { clock });
      expect((await jobFrom(await send(after))).id).toBe(first.id);
      clock.leap(DAY_MS);
      const second = await jobFrom(await send(after));
      expect(second.id).not.toBe(first.id);
      await after.master.remove([second.id]);
      expect((await jobFrom(await send(after))).id).not.toBe(second.id);
      await after.master.stop();
    });
  });

  test.each(["x".repeat(256), "a b", "ä", ""])("P6: %p is none", async (key) => {
    await withBench({}, async (bench) => {
      expect(await expectProblem(await send(bench, { key }), "request_invalid")).toContain("idempotency-key");
      expect([jobs(bench), uploadsIn(bench.dir)]).toEqual([0, []]);
    });
  });
});

describe("labels of a job that is sent", () => {
  test("come as a list, or in JSON as an object", async () => {
    await withBench({}, async (bench) => {
      const { labels } = await jobFrom(await send(bench, { query: "?labels=project:alpha,at:12:30,empty:" }));
      expect(labels).toEqual({ project: "alpha", at: "12:30", empty: "" });
      const form = formOf(new Blob([image]), { labels: "__proto__:x" });
      const response = await edgeWithCallers(bench).request("/v1/jobs", {
        ...{ method: "POST", body: form, headers: as("ann", "submit") },
      });
      expect(Object.entries((await jobFrom(response)).labels)).toEqual([["__proto__", "x"]]);
    });
  });

  test.each([
    "?labels=alpha",
    "?labels=a%20b:x",
    `?labels=a:${"x".repeat(300)}`,
    `?labels=${Array.from({ length: 33 }, (_, i) => `l${i}:x`).join()}`,
    "?labels=a:%0d%0aset-cookie",
  ])("P6: %s is refused", async (query) => {
    await withBench({}, async (bench) => {
      expect(await expectProblem(await send(bench, { query }), "request_invalid")).toContain("labels");
      expect(uploadsIn(bench.dir)).toEqual([]);
    });
  });

  test.each([
    { labels: { "a b": "x" } },
    { labels: { a: 1 } },
    { labels: ["a:b"] },
    { labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, "x"])) },
    { pipeline: Array.from({ length: 10_000 }, () => ({ op: "flip" })) },
  ])("P6: and wrong ones in JSON, or a pipeline of 10,000 steps: %#", async (body) => {
    await withBench({}, async (bench) => {
      const response = await edgeWithCallers(bench).request("/v1/jobs", {
        ...{ method: "POST", headers: { ...as("ann", "submit"), "content-type": "application/json" } },
        body: JSON.stringify({ source: { url: "http://localhost/x.png" }, ...body }),
      });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
      expect([jobs(bench), uploadsIn(bench.dir)]).toEqual([0, []]);
    });
  });
});
