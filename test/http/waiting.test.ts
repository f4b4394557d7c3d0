import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bench, openBench, picture, spec } from "../engine/harness.ts";
import { edgeOf } from "./edge.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-waiting-"));
let bench: Bench;

beforeAll(() => {
  bench = openBench(folder);
});

afterAll(async () => {
  await bench.master.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The time-outs that the server is told for a request's connection, in seconds; 0 is none. */
async function timeoutsOf(path: string, options: RequestInit = {}): Promise<number[]> {
  const told: number[] = [];
  const bun = { timeout: (_: Request, seconds: number) => void told.push(seconds) };
  const answer = await edgeOf(bench).fetch(new Request(`http://localhost${path}`, options), bun);
  await answer.body?.cancel();
  return told;
}

test("nobody is hung up on while an answer is made, however long that takes; after it connections end that say nothing", async () => {
  const asked = [
    ["/v1/jobs/x", { method: "DELETE" }],
    ["/v1/jobs", {}],
    ["/v1/jobs/x/preview", {}],
    ["/v1/jobs/x/result", {}],
  ] as const;
  for (const [path, options] of asked)
    expect([path, await timeoutsOf(path, options)]).toEqual([path, [0, 10]]);
  const image = readFileSync(await picture(folder, spec(20, 20)));
  const sent = { method: "POST", body: image, headers: { "content-type": "image/png" } };
  const told = await timeoutsOf("/v1/jobs", sent);
  expect([told.at(0), told.at(-1)]).toEqual([0, 4]);
});

test("a stream of events stays open while there is nothing to tell", async () => {
  expect(await timeoutsOf("/v1/events?topics=workers")).toEqual([0]);
});
