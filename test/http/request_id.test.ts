import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bench, openBench } from "../engine/harness.ts";
import { type Edge, edgeOf, expectProblem } from "./edge.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-request-"));
let bench: Bench;
let app: Edge;

beforeAll(() => {
  bench = openBench(folder);
  app = edgeOf(bench);
});

afterAll(async () => {
  await bench.master.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("P8: a request's id", () => {
  const idOf = async (given?: string, path = "/healthz") => {
    const response = await app.request(
      path,
      given === undefined ? {} : { headers: { "x-request-id": given } },
    );
    return response.headers.get("x-request-id");
  };

  test("is its sender's, or our own", async () => {
    expect(await idOf("trace-1.2:3_A")).toBe("trace-1.2:3_A");
    const [one, two] = [await idOf(), await idOf()];
    expect(one).toMatch(/^[\da-f-]{36}$/);
    expect(one).not.toBe(two);
  });

  test.each(["a b", "<script>", "x".repeat(101), "a%0d%0ab", "é"])("P7: is not %p", async (given) => {
    expect(await idOf(given)).toMatch(/^[\da-f-]{36}$/);
  });

  test("stands in problems", async () => {
    for (const path of ["/v1/jobs/none", "/nowhere"]) {
      const response = await app.request(path, { headers: { "x-request-id": "mine" } });
      expect(((await response.clone().json()) as { request_id: string }).request_id).toBe("mine");
      await expectProblem(response, path === "/nowhere" ? "route_not_found" : "job_not_found");
    }
  });
});
