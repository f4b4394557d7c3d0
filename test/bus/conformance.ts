import { describe, expect, test } from "bun:test";
import type { Task } from "../../shared/bus/messages.ts";
import type { Bus, Subscription } from "../../shared/bus/port.ts";
import { countdown, heartbeat, packedTask, pixelsOf, task as plainTask } from "./tasks.ts";

/** What a driver has beyond what all must have. */
interface Features {
  /** A topic holds `bound` messages, then `publish` waits for somebody to take one. */
  readonly topicsFill: boolean;
}

/** What every driver of the bus must do; a driver's own test file calls this with a way to make one. */
export function busConformance(
  name: string,
  { topicsFill }: Features,
  makeBus: (bound: number) => Bus | Promise<Bus>,
): void {
  describe(`bus conformance: ${name}`, () => {
    type Make = (tile: number) => Task;
    const taskFor =
      ({ packs }: Bus): Make =>
      (tile) =>
        packs ? packedTask(plainTask(tile)) : plainTask(tile);
    const withBus = (title: string, bound: number, body: (bus: Bus, task: Make) => Promise<void>) =>
      test(title, async () => {
        const bus = await makeBus(bound);
        try {
          await body(bus, taskFor(bus));
        } finally {
          await bus.close();
        }
      });

    withBus("P4: delivers every message, pixels untouched, to exactly one member", 64, async (bus, task) => {
      const seen: number[] = [];
      const all = countdown(20);
      const members = [0, 1, 2].map(() =>
        bus.subscribe("tasks", 2, async (taken) => {
          expect([...pixelsOf(taken).subarray(0, 4)]).toEqual([taken.tile, 1, 2, 3]);
          seen.push(taken.tile);
          all.hit();
        }),
      );
      // who joins while there is work may have messages delivered twice
      await Promise.all(members.map(({ ready }) => ready));
      for (let tile = 0; tile < 20; tile++) await bus.publish("tasks", task(tile));
      await all.done;
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    });

    withBus("P3: a message whose handler rejects comes again", 8, async (bus, task) => {
      let failures = 0;
      const served = countdown(1);
      bus.subscribe("tasks", 1, async () => {
        if (failures++ < 2) throw new Error("not this time");
        served.hit();
      });
      await bus.publish("tasks", task(1));
      await served.done;
      expect(failures).toBe(3);
    });

    withBus("P5: no more handlers run at once than were asked for", 64, async (bus, task) => {
      let running = 0;
      let most = 0;
      const all = countdown(12);
      bus.subscribe("tasks", 3, async () => {
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
        all.hit();
      });
      for (let tile = 0; tile < 12; tile++) await bus.publish("tasks", task(tile));
      await all.done;
      expect(most).toBeLessThanOrEqual(3);
    });

    withBus("P5: more is published than the bound holds, and nothing is lost", 2, async (bus, task) => {
      const published: number[] = [];
      const sending = [0, 1, 2, 3, 4].map((tile) =>
        bus.publish("tasks", task(tile)).then(() => published.push(tile)),
      );
      await Promise.all(sending.slice(0, 2));
      if (topicsFill) expect(published).toEqual([0, 1]);
      const all = countdown(5);
      bus.subscribe("tasks", 1, async () => all.hit());
      await all.done;
      await Promise.all(sending);
      expect(published).toHaveLength(5);
    });

    withBus("a closed subscription finishes what it began and takes no more", 8, async (bus, task) => {
      const began = countdown(1);
      let release = () => {};
      const taken: number[] = [];
      const first = bus.subscribe("tasks", 1, async ({ tile }) => {
        taken.push(tile);
        began.hit();
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      });
      await bus.publish("tasks", task(1));
      await bus.publish("tasks", task(2));
      await began.done;
      const closing = first.close();
      release();
      await closing;
      expect(taken).toHaveLength(1); // either: nobody promised an order
      const rest = countdown(1);
      bus.subscribe("tasks", 1, async ({ tile }) => {
        taken.push(tile);
        rest.hit();
      });
      await rest.done;
      expect(taken.toSorted()).toEqual([1, 2]);
    });

    withBus("a message for a partition goes to the member that has it", 64, async (bus, task) => {
      const taken = new Map<number, number[]>([
        [0, []],
        [1, []],
      ]);
      const all = countdown(12);
      const members = [...taken.keys()].map((member) =>
        bus.subscribe("tasks", 4, async ({ tile }) => {
          taken.get(member)!.push(tile);
          all.hit();
        }),
      );
      await Promise.all(members.map(({ ready }) => ready));
      const shares = await settled(members);
      for (let tile = 0; tile < 12; tile++) {
        const share = shares[tile % 2]!;
        await bus.publish("tasks", task(tile), share[tile % share.length]!);
      }
      await all.done;
      expect(taken.get(0)!.toSorted((a, b) => a - b)).toEqual([0, 2, 4, 6, 8, 10]);
      expect(taken.get(1)!.toSorted((a, b) => a - b)).toEqual([1, 3, 5, 7, 9, 11]);
    });

    withBus("news reaches everyone who follows, and never comes again", 64, async (bus) => {
      const heard: string[][] = [[], []];
      const all = countdown(6);
      await bus.publish("heartbeats", heartbeat("too early"));
      const followers = heard.map((list) =>
        bus.follow("heartbeats", ({ worker }) => {
          list.push(worker);
          all.hit();
        }),
      );
      await Promise.all(followers.map(({ ready }) => ready));
      for (const worker of ["a", "b", "c"]) await bus.publish("heartbeats", heartbeat(worker));
      await all.done;
      expect(heard).toEqual([
        ["a", "b", "c"],
        ["a", "b", "c"],
      ]);
    });

    test("a closed bus refuses with bus_closed, also who was waiting", async () => {
      const bus = await makeBus(1);
      const task = taskFor(bus);
      const first = bus.publish("tasks", task(0));
      const waiting = bus.publish("tasks", task(1));
      const refused = waiting.catch((error: unknown) => error);
      await bus.close();
      await first;
      expect(await refused).toMatchObject({ code: "bus_closed" });
      await expect(bus.publish("tasks", task(2))).rejects.toMatchObject({ code: "bus_closed" });
    });
  });
}

/** What each of two members has, once together they have each partition once: the second one's joining moves some. */
async function settled(members: readonly Subscription[]): Promise<(readonly number[])[]> {
  for (;;) {
    const shares = members.map((member) => member.share());
    const all = shares.flat();
    if (shares.every(({ length }) => length > 0) && new Set(all).size === all.length) return shares;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
