import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestClock } from "../engine/clock.ts";
import { type Bench, openBench, picture, spec, unowned } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { as } from "./callers.ts";
import { type EventServer, serveEvents } from "./event_server.ts";
import { EventStream } from "./event_stream.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-streams-"));
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

describe("Server-Sent Events", () => {
  test("tell the same, and go on after the last id that was seen", async () => {
    const { id } = await submit("flo");
    const first = await EventStream.open(`${server.http}?job=${id}`, as("flo", "read"));
    expect(first.response.headers.get("content-type")).toBe("text/event-stream");
    expect((await first.event("hello")).retry).toBe(2000);
    const { data } = await first.event("job", ({ job }) => job.state === "done");
    expect(data.job).toEqual(bench.master.job(id)!);
    await first.event("tiles", ({ tiles }) => tiles.some(({ state }) => state === "done"));
    await first.close();
    const headers = { ...as("flo", "read"), "last-event-id": first.lastId };
    const again = await EventStream.open(`${server.http}?job=${id}`, headers);
    await again.event("hello");
    await bench.master.remove([id]);
    await again.event("gone");
    await again.close();
    expect(again.events.map(({ type }) => type)).toEqual(["hello", "gone", "gone"]);
  });

  test("tell the whole to who was told of something else before", async () => {
    const { id } = await submit("flo");
    const first = await EventStream.open(`${server.http}?topics=workers`, as("flo", "read"));
    await first.event("workers");
    await first.close();
    for (const lastId of [first.lastId, "x", "a.1", `${first.lastId}0`, "--.9.x"]) {
      const headers = { ...as("flo", "read"), "last-event-id": lastId };
      const again = await EventStream.open(`${server.http}?topics=jobs`, headers);
      const { data } = await again.event("jobs");
      await again.close();
      expect(data.snapshot).toBe(true);
      expect(data.jobs.map((job) => job.id)).toContain(id);
    }
  });

  test("tell of jobs where nothing is said", async () => {
    const stream = await EventStream.open(server.http, as("gus", "read"));
    expect((await stream.event("jobs")).data).toMatchObject({ snapshot: true, jobs: [] });
    await stream.close();
  });

  test("show that they are alive, and end when the server does", async () => {
    const clock = new TestClock();
    const own = serveEvents(bench, { clock });
    const stream = await EventStream.open(`${own.http}?topics=workers`, as("ann", "read"));
    await stream.event("workers");
    clock.pass(10_000);
    await stream.comment("still here");
    own.hub.close();
    await stream.ended;
    await own.stop();
  });

  test("take no more of a client's time than the client gives: who leaves is forgotten", async () => {
    const own = serveEvents(bench, { limits: { watchersMax: 1 } });
    for (let n = 0; n < 5; n++) {
      let stream: EventStream;
      do stream = await EventStream.open(own.http, as("ann", "read"));
      while (stream.response.status === 429);
      await stream.event("hello");
      await stream.close();
    }
    await own.stop();
  });
});
