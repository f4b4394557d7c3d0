import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Value } from "@sinclair/typebox/value";
import { Access } from "../../master/access/access.ts";
import type { Caller } from "../../master/access/caller.ts";
import type { Gate } from "../../master/access/gate.ts";
import { ServerMessage } from "../../shared/api/events.ts";
import { CLOSE } from "../../shared/api/socket.ts";
import { TesseraError } from "../../shared/errors.ts";
import { TestClock } from "../engine/clock.ts";
import { type Bench, openBench, picture, spec, unowned } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { TestOutlet } from "../events/outlet.ts";
import { as, CALLERS } from "./callers.ts";
import { edgeOf, expectProblem } from "./edge.ts";
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

const ANN: Caller = { by: "key", owner: "ann", name: "ann", scopes: new Set(["read"]) };

const submit = (owner: string) =>
  bench.master.submit({ source: unowned(image), pipeline: [{ op: "invert" }], tileSize: 64, owner });

const byTile = (one: object, other: object) =>
  (one as { tile: number }).tile - (other as { tile: number }).tile;

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
  test("P8: tells of every tile, in the end as the job has them", async () => {
    await reading("", as("ann", "read"), async (reader) => {
      const { id } = await submit("ann");
      await reader.say({ type: "subscribe", topic: `tiles:${id}` });
      const { stages } = await reader.message("tiles", ({ snapshot }) => snapshot);
      expect(stages).toMatchObject([{ index: 0, columns: 2, rows: 2, tile_width: 64 }]);
      await bench.master.wait(id);
      const tiles = () => {
        const last = new Map<number, object>();
        for (const message of reader.told)
          if (message.type === "tiles") for (const tile of message.tiles) last.set(tile.tile, tile);
        return [...last.values()];
      };
      await reader.message("tiles", () => JSON.stringify(tiles()).split('"done"').length === 5);
      const known = bench.master.tileMap(id).tried(0, 4);
      expect(tiles().toSorted(byTile)).toEqual(known);
    });
  });

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

  test("tells of what there is to do, of the caller's jobs", async () => {
    await reading("?topics=stats", as("sue", "read"), async (reader) => {
      const { stats } = await reader.message("stats");
      expect(stats.jobs).toMatchObject({ done: 0, paused: 0 });
      expect(stats.workers.live).toBeGreaterThan(0);
      await submit("ann");
      const { id } = await submit("sue");
      await bench.master.wait(id);
      await reader.message("stats", (message) => message.stats.jobs.done === 1);
    });
  });

  test("shows that it is alive when nothing happens, and answers what makes no sense by its topic", async () => {
    const clock = new TestClock();
    const timed = serveEvents(bench, { clock });
    const reader = new EventReader(timed.ws, as("ann", "read"));
    await reader.say({ type: "subscribe", topic: "no topic" });
    expect(await reader.message("error")).toMatchObject({ code: "request_invalid", topic: "no topic" });
    clock.pass(10_000);
    await reader.message("alive");
    reader.close();
    await timed.stop();
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

describe("whoever may not watch", () => {
  const upgrade = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };

  test("P7: is refused by the scope, over both", async () => {
    for (const more of [{}, upgrade]) {
      const headers = { ...as("ann", "submit", "operate"), ...more };
      await expectProblem(await fetch(server.http, { headers }), "forbidden");
    }
  });

  test("P7: is not let in from another origin, nor unknown", async () => {
    const access = new Access();
    const open = serveEvents(bench, { gate: access });
    try {
      const headers = { ...upgrade, origin: "https://elsewhere.example" };
      await expectProblem(await fetch(open.http, { headers }), "origin_refused");
      access.keys.create({ owner: "ann", name: "her key", scopes: ["read"] });
      for (const more of [{}, upgrade])
        await expectProblem(await fetch(open.http, { headers: more }), "unauthorized");
    } finally {
      await open.stop();
      access.close();
    }
  });

  test("P6: is told what is wrong with a handshake or a query", async () => {
    const headers = as("ann", "read");
    const app = edgeOf(bench, { gate: CALLERS });
    const refused = app.request("/v1/events", { headers: { ...headers, upgrade: "websocket" } });
    expect(await expectProblem(await refused, "request_invalid")).toContain("handshake");
    for (const query of ["?topics=everything", "?topics=jobs,job:", "?job=../x", "?topic=jobs"])
      await expectProblem(await fetch(`${server.http}${query}`, { headers }), "request_invalid");
  });

  test("P5: is one too many, of all and of an owner", async () => {
    const few = serveEvents(bench, { limits: { watchersMax: 3, watchersPerOwnerMax: 2 } });
    const readers: EventReader[] = [];
    const come = async (who: string) => {
      const reader = new EventReader(few.ws, as(who, "read"));
      await reader.message("hello");
      readers.push(reader);
    };
    const ask = (who: string) => fetch(few.http, { headers: as(who, "read") });
    try {
      await come("ann");
      await come("ann");
      await expectProblem(await ask("ann"), "too_many_watchers");
      await come("bea");
      const refused = await ask("cid");
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      await expectProblem(refused, "too_many_watchers");
      // HEAD takes no place, and who has gone leaves theirs.
      expect((await fetch(few.http, { method: "HEAD", headers: as("cid", "read") })).status).toBe(200);
      readers[0]!.close();
      await readers[0]!.closed;
      await come("ann");
    } finally {
      for (const reader of readers) reader.close();
      await few.stop();
    }
  });

  test("P7: may not any more, once the key is not valid", async () => {
    const clock = new TestClock();
    const refused = new Set<string>();
    const gate: Gate = {
      identify(request) {
        const caller = CALLERS.identify(request) as Caller;
        if (refused.has(caller.owner)) throw new TesseraError("unauthorized");
        return caller;
      },
    };
    const own = serveEvents(bench, { gate, clock });
    const [ann, bea] = ["ann", "bea"].map((who) => new EventReader(own.ws, as(who, "read")));
    try {
      await Promise.all([ann!.message("hello"), bea!.message("hello")]);
      refused.add("ann");
      clock.pass(10_000);
      expect(await ann!.closed).toMatchObject({ code: CLOSE.unauthorized });
      await bea!.say({ type: "subscribe", topic: "workers" });
      await bea!.message("workers");
    } finally {
      bea!.close();
      await own.stop();
    }
  });
});

describe("P6: a client that says", () => {
  const ann = as("ann", "read");

  test("nonsense is told so, and heard when it talks sense", async () => {
    const nonsense: unknown[] = [
      ...["", "nonsense", "{", "[]", "null", '"subscribe"', "\u0000", '{"__proto__":{"type":"subscribe"}}'],
      ...[{}, { type: "subscribe" }, { type: "subscribe", topic: "root" }, { type: "hello", topic: "jobs" }],
      ...[
        { type: "subscribe", topic: "jobs", more: 1 },
        { type: "subscribe", topic: ["jobs"] },
      ],
      { type: "subscribe", topic: "jobs", since: { epoch: "x", seq: -1 } },
      { type: "subscribe", topic: `job:${"x".repeat(200)}` },
      { type: "subscribe", topic: "job:../../jobs" },
    ];
    await reading("", ann, async (reader) => {
      for (const each of nonsense) await reader.say(each);
      await reader.sayBytes(new Uint8Array([123, 125]));
      await reader.say({ type: "subscribe", topic: "workers" });
      await reader.message("workers");
      const codes = reader.told.flatMap((message) => (message.type === "error" ? [message.code] : []));
      expect(codes).toEqual([...nonsense, 0].map(() => "request_invalid"));
    });
  });

  test("something of another time is told the whole", async () => {
    await reading("", ann, async (reader) => {
      const { epoch } = await reader.message("hello");
      for (const since of [
        { epoch: "another", seq: 0 },
        { epoch, seq: Number.MAX_SAFE_INTEGER },
      ]) {
        const before = reader.told.length;
        await reader.say({ type: "subscribe", topic: "jobs", since });
        await reader.message("jobs", (message) => reader.told.indexOf(message) >= before && message.snapshot);
      }
    });
  });

  test("too much at once is cut off", async () => {
    await reading("", ann, async (reader) => {
      await reader.say("x".repeat(100_000));
      expect((await reader.closed).code).toBe(1009);
    });
  });

  test("something again and again is cut off", async () => {
    await reading("", ann, async (reader) => {
      for (let n = 0; n < 1000; n++) await reader.say({ type: "subscribe", topic: "jobs" });
      expect(await reader.closed).toEqual({ code: CLOSE.policy, reason: "Too many messages." });
    });
  });

  test("nothing but pings, each of which is answered, is cut off too", async () => {
    await reading("", ann, async (reader) => {
      for (let n = 0; n < 1000; n++) await reader.ping();
      expect(await reader.closed).toEqual({ code: CLOSE.policy, reason: "Too many messages." });
    });
  });

  test("more topics than are allowed is refused the last ones", async () => {
    const reader = server.hub.open(ANN, new TestOutlet(), () => ANN);
    const ids = await Promise.all(Array.from({ length: 51 }, async () => (await submit("ann")).id));
    for (const id of ids.slice(1)) for (const kind of ["job", "tiles"]) reader.subscribe(`${kind}:${id}`);
    expect(() => reader.subscribe(`job:${ids[0]}`)).toThrow("At most 100");
    reader.unsubscribe(`job:${ids[1]}`);
    reader.subscribe(`job:${ids[0]}`);
    reader.end();
  });
});

describe("when the master", () => {
  test("stops, everyone is told that it goes away", async () => {
    const own = serveEvents(bench);
    const reader = new EventReader(own.ws, as("ann", "read"));
    await reader.message("hello");
    await own.stop();
    expect(await reader.closed).toEqual({ code: CLOSE.goingAway, reason: "The server stops." });
  });
});
