import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Value } from "@sinclair/typebox/value";
import { LOCAL } from "../../master/access/caller.ts";
import { EventHub } from "../../master/events/hub.ts";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import { ServerMessage } from "../../shared/api/events.ts";
import { TestClock } from "../engine/clock.ts";
import { type Bench, openBench, picture, spec, turn, unowned } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { TestOutlet } from "../events/outlet.ts";
import { as, CALLERS } from "./callers.ts";
import { type Edge, edgeOf, expectProblem } from "./edge.ts";
import { EventReader } from "./event_reader.ts";
import { type EventServer, serveEvents } from "./event_server.ts";
import { EventStream } from "./event_stream.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-events-batches-"));
let bench: Bench;
let server: EventServer;
let app: Edge;
let image: string;

beforeAll(async () => {
  bench = openBench(folder);
  server = serveEvents(bench);
  app = edgeOf(bench, { gate: CALLERS });
  new OwnWorker(bench.bus, bench.buffers, (task, worker) => worker.answer(task));
  image = await picture(folder, spec(120, 90));
});

afterAll(async () => {
  await server.stop();
  await bench.master.stop();
  rmSync(folder, { recursive: true, force: true });
});

const create = (owner: string, name = "scans") => bench.master.batches.create(owner, name, {}).id;

/** One image more of a batch. */
const add = (batch: string, owner: string) =>
  bench.master.submit({ source: unowned(image), pipeline: [{ op: "invert" }], tileSize: 64, owner, batch });

const see = async (owner: string, batch: string) =>
  (await app.request(`/v1/batches/${batch}`, { headers: as(owner, "read") })).json();

/** A connection for the time of `use`; all that it is told has to be as the contract says. */
async function reading(
  owner: string,
  query: string,
  use: (reader: EventReader) => Promise<void>,
): Promise<void> {
  const reader = new EventReader(`${server.ws}${query}`, as(owner, "read"));
  try {
    await use(reader);
  } finally {
    reader.close();
    for (const message of reader.told) expect([...Value.Errors(ServerMessage, message)]).toEqual([]);
  }
}

describe("a batch", () => {
  test("P8: is told from its beginning to the end of all its jobs, as it is shown", async () => {
    const batch = create("ann");
    await reading("ann", `?topics=batch:${batch}`, async (reader) => {
      const first = await reader.message("batch");
      expect(first).toMatchObject({ topic: `batch:${batch}`, snapshot: true, batch: { images: 0 } });
      const jobs = await Promise.all([add(batch, "ann"), add(batch, "ann"), add(batch, "ann")]);
      const last = await reader.message("batch", (message) => message.batch.jobs.done === 3);
      expect(last).toMatchObject({ snapshot: false, batch: { ended: true, progress: { tiles_done: 12 } } });
      expect(last.batch as unknown).toEqual(await see("ann", batch));
      await bench.master.remove([jobs[1]!.id]);
      const less = await reader.message(
        "batch",
        ({ seq, batch: { images } }) => seq > last.seq && images === 2,
      );
      expect(less.batch as unknown).toEqual(await see("ann", batch));
    });
  });

  test("P8: is told how far it is when tiles count, which is after they were heard of", async () => {
    const clock = new TestClock();
    const slow = openBench(mkdtempSync(join(folder, "slow-")), { durable: true });
    const hub = new EventHub(slow.master, { ...DEFAULT_LIMITS, now: clock.now, every: clock.every });
    const { id: batch } = slow.master.batches.create("ann", "one", {});
    const told: number[] = [];
    const outlet = new TestOutlet(undefined, (message) => {
      if (message.type === "batch") told.push(message.batch.progress.tiles_done);
    });
    const reader = hub.open(LOCAL, outlet, () => LOCAL);
    outlet.reader = reader;
    reader.subscribe(`batch:${batch}`);
    reader.flush();
    const worker = new OwnWorker(slow.bus, slow.buffers);
    slow.master.onTile(({ state }) => state === "done" && queueMicrotask(() => clock.pass(100)));
    const source = unowned(image);
    await slow.master.submit({ source, pipeline: "invert", tileSize: 64, owner: "ann", batch });
    while (worker.tasks.length < 4) await turn();
    for (const task of worker.tasks.slice(0, 2)) await worker.answer(task);
    while (slow.master.batches.find(batch)!.progress.tiles_done < 2) await turn();
    expect(told.at(-1)).toBeLessThan(2);
    clock.pass(100);
    expect(told.at(-1)).toBe(2);
    hub.close();
    await slow.master.stop();
  });

  test("P8: is told to a stream of events, too, which goes on where it was", async () => {
    const batch = create("ann");
    const url = `${server.http}?topics=batch:${batch}`;
    const stream = await EventStream.open(url, as("ann", "read"));
    expect((await stream.event("batch")).data).toMatchObject({ snapshot: true, batch: { images: 0 } });
    await stream.close();
    await bench.master.wait((await add(batch, "ann")).id);
    const back = await EventStream.open(url, { ...as("ann", "read"), "last-event-id": stream.lastId });
    const { data } = await back.event("batch", (message) => message.batch.jobs.done === 1);
    expect(data.snapshot).toBe(false);
    await back.close();
  });

  test("P7: of another owner is not there; admins have all", async () => {
    const batch = create("ann");
    const topic = `batch:${batch}`;
    await reading("eve", "", async (reader) => {
      await reader.say({ type: "subscribe", topic });
      expect(await reader.message("error")).toMatchObject({ code: "batch_not_found", topic });
    });
    const asked = (headers: Record<string, string>) => fetch(`${server.http}?topics=${topic}`, { headers });
    await expectProblem(await asked(as("eve", "read")), "batch_not_found");
    await expectProblem(
      await fetch(`${server.http}?topics=batch:none`, { headers: as("ann", "read") }),
      "batch_not_found",
    );
    const root = await asked(as("root", "admin"));
    expect(root.status).toBe(200);
    await root.body!.cancel();
  });

  test("that is deleted is told to be gone, with jobs or without", async () => {
    const [full, empty] = [create("ann"), create("ann")];
    const { id } = await add(full, "ann");
    await bench.master.wait(id);
    await reading("ann", `?topics=batch:${full},batch:${empty}`, async (reader) => {
      for (const batch of [full, empty]) {
        await reader.message("batch", ({ topic }) => topic === `batch:${batch}`);
        const headers = as("ann", "operate");
        expect((await app.request(`/v1/batches/${batch}`, { method: "DELETE", headers })).status).toBe(204);
        await reader.message("gone", ({ topic }) => topic === `batch:${batch}`);
      }
    });
  });
});

describe("all batches", () => {
  test("P7, P8: of the caller are told, new ones, changes and ends, and nobody else's", async () => {
    const old = create("bea", "old");
    await reading("bea", "?topics=batches", async (reader) => {
      const first = await reader.message("batches");
      expect(first).toMatchObject({ topic: "batches", snapshot: true, batches: [{ id: old }], gone: [] });
      const others = create("cid");
      await bench.master.wait((await add(others, "cid")).id);
      const made = create("bea", "new");
      await reader.message("batches", ({ batches }) => batches.some(({ id }) => id === made));
      await add(made, "bea");
      const isDone = ({ id, jobs }: { id: string; jobs: { done: number } }) => id === made && jobs.done === 1;
      const last = await reader.message("batches", ({ batches }) => batches.some(isDone));
      expect(last.batches.find(isDone) as unknown).toEqual(await see("bea", made));
      await app.request(`/v1/batches/${old}`, { method: "DELETE", headers: as("bea", "operate") });
      await reader.message("batches", ({ gone }) => gone.includes(old));
      const told = reader.told.flatMap((message) => (message.type === "batches" ? message.batches : []));
      expect(new Set(told.map(({ id }) => id))).toEqual(new Set([old, made]));
    });
  });

  test("of everyone are told to admins", async () => {
    const reader = new EventReader(`${server.ws}?topics=batches`, as("root", "admin"));
    await reader.message("batches");
    const made = create("dan");
    await reader.message("batches", ({ batches }) => batches.some(({ id }) => id === made));
    reader.close();
  });
});
