import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Value } from "@sinclair/typebox/value";
import { ServerMessage } from "../../shared/api/events.ts";
import { type Bench, openBench, picture, spec, unowned } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { as } from "./callers.ts";
import { expectProblem } from "./edge.ts";
import { EventReader } from "./event_reader.ts";
import { type EventServer, serveEvents } from "./event_server.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-events-"));
let bench: Bench;
let server: EventServer;
let image: string;

beforeAll(async () => {
  bench = openBench(folder);
  server = serveEvents(bench);
  new OwnWorker(bench.bus, bench.buffers, (task, worker) => worker.answer(task));
  image = await picture(folder, spec(120, 90));
});

afterAll(async () => {
  await server.stop();
  await bench.master.stop();
  rmSync(folder, { recursive: true, force: true });
});

const submit = (owner: string) =>
  bench.master.submit({ source: unowned(image), pipeline: [{ op: "invert" }], tileSize: 64, owner });

/** A connection for the time of `use`; all that it is told has to be as the contract says. */
async function reading<T>(
  query: string,
  headers: Record<string, string>,
  use: (reader: EventReader) => Promise<T>,
): Promise<T> {
  const reader = new EventReader(`${server.ws}${query}`, headers);
  try {
    return await use(reader);
  } finally {
    reader.close();
    for (const message of reader.told) expect([...Value.Errors(ServerMessage, message)]).toEqual([]);
  }
}

describe("a WebSocket", () => {
  test("P8: tells of a job from its state at the subscription to its end", async () => {
    await reading("", as("ann", "read"), async (reader) => {
      const { id } = await submit("ann");
      await reader.say({ type: "subscribe", topic: `job:${id}` });
      const first = await reader.message("job");
      expect(first.snapshot).toBe(true);
      const last = await reader.message("job", ({ job }) => job.state === "done");
      expect(last.job).toEqual(bench.master.job(id)!);
    });
  });

  test("tells of all jobs of the caller, and of nobody else's", async () => {
    await reading("?topics=jobs", as("bea", "read"), async (reader) => {
      expect(await reader.message("jobs")).toMatchObject({ snapshot: true, jobs: [], gone: [] });
      await bench.master.wait((await submit("cid")).id);
      const own = await submit("bea");
      await reader.message("jobs", ({ jobs }) => jobs.some(({ state }) => state === "done"));
      const ids = reader.told.flatMap((message) => (message.type === "jobs" ? message.jobs : []));
      expect(new Set(ids.map(({ id }) => id))).toEqual(new Set([own.id]));
    });
  });

  test("tells an admin of everyone's jobs", async () => {
    await reading("?topics=jobs", as("root", "admin"), async (reader) => {
      const { id } = await submit("dan");
      await reader.message("jobs", ({ jobs }) => jobs.some((job) => job.id === id && job.state === "done"));
    });
  });

  test("tells of workers", async () => {
    await reading("?topics=workers", as("ann", "read"), async (reader) => {
      const { workers } = await reader.message("workers");
      expect(workers.map(({ state }) => state)).toContain("live");
      const other = new OwnWorker(bench.bus, bench.buffers);
      await reader.message("workers", (message) => message.workers.some(({ id }) => id === other.id));
      await other.leave();
    });
  });

  test("P7: another owner's job is not there", async () => {
    const { id } = await submit("ann");
    await reading("", as("eve", "read"), async (reader) => {
      await reader.say({ type: "subscribe", topic: `job:${id}` });
      expect(await reader.message("error")).toMatchObject({ code: "job_not_found", topic: `job:${id}` });
    });
    await expectProblem(
      await fetch(`${server.http}?job=${id}`, { headers: as("eve", "read") }),
      "job_not_found",
    );
  });
});
