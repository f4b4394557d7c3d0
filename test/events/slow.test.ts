import { describe, expect, test } from "bun:test";
import type { Caller } from "../../master/access/caller.ts";
import { EventHub } from "../../master/events/hub.ts";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import type { ServerMessage, Since } from "../../shared/api/events.ts";
import { CLOSE } from "../../shared/api/socket.ts";
import { TestClock } from "../engine/clock.ts";
import { type Bench, picture, spec, unowned, withBench } from "../engine/harness.ts";
import { TestOutlet } from "./outlet.ts";

const ANN: Caller = { by: "key", owner: "ann", name: "ann", scopes: new Set(["read"]) };

interface Watched {
  readonly bench: Bench;
  readonly clock: TestClock;
  readonly hub: EventHub;
  readonly id: string;
  /** Another reader of `topics`, who takes so many messages. */
  join(topics: readonly string[], room?: number, hear?: (message: ServerMessage) => void): TestOutlet;
}

/** A job that waits for a worker, and a hub whose time passes when the test says so. */
function watched(use: (watched: Watched) => Promise<void>): Promise<void> {
  return withBench({}, async (bench) => {
    const clock = new TestClock();
    const hub = new EventHub(bench.master, { ...DEFAULT_LIMITS, now: clock.now, every: clock.every });
    const source = unowned(await picture(bench.folder, spec(64, 64)));
    const { id } = await bench.master.submit({ source, pipeline: [{ op: "invert" }], owner: "ann" });
    const join: Watched["join"] = (topics, room, hear) => {
      const outlet = new TestOutlet(room, hear);
      const reader = hub.open(ANN, outlet, () => ANN);
      outlet.reader = reader;
      for (const topic of topics) reader.subscribe(topic);
      reader.flush();
      return outlet;
    };
    try {
      await use({ bench, clock, hub, id, join });
    } finally {
      hub.close();
    }
  });
}

describe("P5: a reader", () => {
  test("is told nothing while nothing changes, and nothing runs for it", async () => {
    await watched(async ({ clock, id, join }) => {
      const outlet = join([`job:${id}`, `tiles:${id}`, "jobs"]);
      clock.pass(1000); // whatever the job still did
      const { length } = outlet.frames;
      clock.pass(100_000);
      expect(outlet.frames.length).toBe(length);
      expect(outlet.kept).toBe(10);
    });
  });

  test("is cut off that takes nothing, also while it is told nothing", async () => {
    await watched(async ({ clock, join }) => {
      const outlet = join([]);
      outlet.room = 0;
      clock.pass(60_000);
      expect(outlet.closed?.code).toBe(CLOSE.tooSlow);
    });
  });

  test("gets the same frame as all others who are as far", async () => {
    await watched(async ({ bench, clock, id, join }) => {
      const outlets = Array.from({ length: 10 }, () => join(["jobs"]));
      for (const priority of [1, 2, 3]) {
        bench.master.setPriority(id, priority);
        clock.pass(100);
      }
      const [first, ...others] = outlets;
      expect(first!.frames.length).toBeGreaterThanOrEqual(5);
      for (const { frames } of others)
        expect(frames.every((frame, i) => frame === first!.frames[i])).toBe(true);
    });
  });

  test("that takes nothing for a while is told the latest once it does, and no more", async () => {
    await watched(async ({ bench, clock, id, join }) => {
      const priorities: number[] = [];
      const outlet = join([`job:${id}`], 2, (message) => {
        if (message.type === "job") priorities.push(message.job.priority);
      });
      for (let priority = 0; priority < 10; priority++) {
        bench.master.setPriority(id, priority);
        clock.pass(200);
      }
      expect(priorities).toEqual([5]);
      outlet.makeRoom(10);
      expect(priorities).toEqual([5, 9]);
      clock.pass(29_000);
      expect(outlet.closed).toBeUndefined();
    });
  });

  test("that was away for long is told what has changed, if that is little, and the whole if it is much", async () => {
    await watched(async ({ bench, clock, hub, id }) => {
      let since: Since | undefined;
      /** Comes, is told what there is, and goes. */
      const visit = () => {
        const told: (readonly [snapshot: boolean, jobs: number])[] = [];
        const outlet = new TestOutlet(undefined, (message) => {
          if (message.type !== "jobs") return;
          told.push([message.snapshot, message.jobs.length]);
          since = { epoch: hub.epoch, seq: message.seq };
        });
        const reader = hub.open(ANN, outlet, () => ANN);
        reader.subscribe("jobs", since);
        reader.flush();
        reader.end();
        return told;
      };
      clock.pass(1000);
      expect(visit()).toEqual([[true, 1]]);
      for (let n = 0; n < 1000; n++) {
        bench.master.setPriority(id, n % 10);
        clock.pass(100);
      }
      expect(visit()).toEqual([[false, 1]]);
      const source = unowned(await picture(bench.folder, spec(64, 64)));
      for (let n = 0; n < 250; n++) await bench.master.submit({ source, pipeline: [], owner: "ann" });
      clock.pass(100);
      expect(visit()).toEqual([[true, 100]]);
    });
  });

  test("that takes nothing for long is cut off and told why", async () => {
    await watched(async ({ bench, clock, id, join }) => {
      const slow = join([`job:${id}`], 2);
      const quick = join([`job:${id}`]);
      for (let seconds = 0; seconds < 40; seconds++) {
        bench.master.setPriority(id, seconds % 10);
        clock.pass(1000);
      }
      expect(slow.closed).toEqual({ code: CLOSE.tooSlow, reason: "What is sent is not read." });
      expect(quick.closed).toBeUndefined();
      expect(slow.frames).toHaveLength(2);
    });
  });

  test("gets a long snapshot in parts, and again from the first if it was cut off", async () => {
    await watched(async ({ bench, clock, join }) => {
      // Each statistics op makes a stage of its own, and each stage has all tiles.
      const source = unowned(await picture(bench.folder, spec(2048, 2048)));
      const pipeline = Array.from({ length: 17 }, () => ({ op: "equalize" }));
      const { id } = await bench.master.submit({ source, pipeline, tileSize: 64, owner: "ann" });
      bench.master.pause(id);
      const parts: unknown[] = [];
      const hear = (message: ServerMessage) => {
        if (message.type === "tiles")
          parts.push([message.snapshot, message.part, message.more, message.stages.length]);
      };
      const topics = [`tiles:${id}`];
      join(topics, 2, hear).reader!.end();
      expect(parts.splice(0)).toEqual([[true, 0, true, 18]]);
      const slow = join(topics, 2, hear);
      clock.pass(100);
      slow.makeRoom(10);
      expect(parts.slice(0, 2)).toEqual([
        [true, 0, true, 18],
        [true, 1, false, 0],
      ]);
    });
  });
});
