import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TObject, TSchema } from "@sinclair/typebox";
import { isStreamed, type Route } from "../../shared/api/route.ts";
import { ROUTES } from "../../shared/api/routes.ts";
import { type Bench, openBench, picture, spec } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { expectProblem } from "./edge.ts";
import { ALL, type Guarded, guard, UNLIMITED } from "./guarded.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-closed-"));
let bench: Bench;
let guarded: Guarded;

beforeAll(() => {
  bench = openBench(folder, { limits: UNLIMITED });
  guarded = guard(bench);
  new OwnWorker(bench.bus, bench.buffers, (task, worker) => worker.answer(task));
});

afterAll(async () => {
  await bench.master.stop();
  guarded.access.close();
  rmSync(folder, { recursive: true, force: true });
});

const all = Object.entries(ROUTES as Readonly<Record<string, Route>>);
const guardedRoutes = all.filter(([, { scope }]) => scope !== "open");
const ofJobs = all
  .filter(([, { path }]) => /^\/v1\/(jobs|dead-letters)\/\{id\}/.test(path))
  // What removes the job comes last.
  .sort(([, a], [, b]) => Number(a.method === "delete") - Number(b.method === "delete"));

/** A request that a route understands, of the job with this id. */
function ask({ method, path, params, query, body }: Route, id: string, headers: Record<string, string>) {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === "id" ? id : String(sample(params!.properties[name]!)),
  );
  const search = query === undefined ? "" : `?${new URLSearchParams(sampleTexts(query))}`;
  const json = body !== undefined && !isStreamed(body) ? JSON.stringify(sample(body)) : undefined;
  return guarded.app.request(`${filled}${search}`, {
    method: method.toUpperCase(),
    headers: { ...headers, ...(json !== undefined && { "content-type": "application/json" }) },
    ...(json !== undefined && { body: json }),
  });
}

const sampleTexts = (schema: TObject): Record<string, string> =>
  Object.fromEntries(Object.entries(sample(schema) as object).map(([name, value]) => [name, String(value)]));

/** A value that a schema takes. */
function sample(schema: TSchema): unknown {
  const { default: value, examples, const: only, anyOf, type, minimum, pattern } = schema;
  const known = value ?? examples?.[0] ?? only;
  if (known !== undefined) return known;
  if (anyOf !== undefined) return sample(anyOf[0]);
  switch (type) {
    case "object":
      return Object.fromEntries(
        (schema.required ?? []).map((name: string) => [name, sample(schema.properties[name])]),
      );
    case "array":
      return schema.minItems > 0 ? [sample(schema.items)] : [];
    case "integer":
    case "number":
      return minimum ?? 0;
    case "boolean":
      return false;
    default:
      if (pattern !== undefined && !new RegExp(pattern).test("x"))
        throw new Error(`Give the schema with the pattern ${pattern} an example.`);
      return "x";
  }
}

describe("P7: every route asks who it is", () => {
  test("there are such routes", () => {
    expect(guardedRoutes.length).toBeGreaterThan(10);
    expect(ofJobs.length).toBeGreaterThan(5);
  });

  test.each(guardedRoutes)("%s takes nobody without credentials", async (_, route) => {
    for (const headers of [
      {},
      { authorization: "Bearer nonsense" },
      { cookie: "tessera_session=nonsense" },
    ]) {
      const response = await ask(route, "an-id", headers as Record<string, string>);
      expect(response.headers.get("www-authenticate")).toStartWith("Bearer");
      await expectProblem(response, "unauthorized");
    }
  });

  test.each(guardedRoutes.filter(([, { scope }]) => scope !== "known"))(
    "%s takes nobody with all scopes but its own",
    async (_, route) => {
      const others = ALL.filter((scope) => scope !== "admin" && scope !== route.scope);
      const response = await ask(route, "an-id", guarded.as(others));
      expect(await expectProblem(response, "forbidden")).toContain(`'${route.scope}'`);
    },
  );

  test("and those that do not are few", () => {
    const open = all.filter(([, { scope }]) => scope === "open").map(([, { path }]) => path);
    for (const path of open)
      expect(path).not.toMatch(/jobs|dead-letters|keys|workers|events|batches|webhooks/);
  });
});

test("P7: another owner's job is not there, on any route", async () => {
  const image = readFileSync(await picture(folder, spec(64, 64)));
  const sent = await guarded.app.request("/v1/jobs?name=mine", {
    method: "POST",
    body: new Uint8Array(image),
    headers: { "content-type": "image/png", ...guarded.as(["submit"], "ann") },
  });
  const { id } = (await sent.json()) as { id: string };
  await bench.master.wait(id);
  for (const [, route] of ofJobs) {
    const stranger = await ask(route, id, guarded.as(["submit", "read", "operate"], "bob"));
    await expectProblem(stranger, "job_not_found");
    const owner = await ask(route, id, guarded.as(["submit", "read", "operate"], "ann"));
    expect(await owner.text()).not.toContain("job_not_found");
  }
  const list = async (owner: string) =>
    (await guarded.app.request("/v1/jobs", { headers: guarded.as(["read"], owner) })).text();
  expect(await list("bob")).not.toContain(id);
});
