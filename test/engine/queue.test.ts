import { describe, expect, test } from "bun:test";
import { JobQueue, type JobSize, sizeOf } from "../../master/jobs/queue.ts";

interface Given {
  readonly priority?: number;
  readonly owner?: string;
  readonly batch?: string;
  readonly size?: JobSize;
}

const anySize = () => true;

function queueOf(...jobs: readonly (readonly [id: string, given?: Given])[]): JobQueue {
  const queue = new JobQueue();
  for (const [id, given] of jobs) add(queue, id, given);
  return queue;
}

const add = (queue: JobQueue, id: string, given: Given = {}) =>
  queue.add(id, { priority: 5, owner: "ann", size: "small", batch: undefined, ...given });

function taken(queue: JobQueue, hasRoom: (size: JobSize) => boolean = anySize): string {
  const ids: string[] = [];
  for (let id = queue.take(hasRoom); id !== undefined; id = queue.take(hasRoom)) ids.push(id);
  return ids.join(" ");
}

const many = (owner: string, count: number, given: Given = {}) =>
  Array.from({ length: count }, (_, i) => [`${owner}${i}`, { owner, ...given }] as const);

describe("P10: who is next", () => {
  test("of one owner: first come, first served", () => {
    expect(taken(queueOf(["a"], ["b"], ["c"]))).toBe("a b c");
  });

  test("the higher priority, and one that is changed back has its old place", () => {
    const queue = queueOf(["a"], ["b", { priority: 7 }], ["c"], ["d", { priority: 7 }]);
    queue.setPriority("a", 9);
    queue.setPriority("a", 5);
    queue.setPriority("c", 8);
    queue.setPriority("none", 8);
    expect(taken(queue)).toBe("c b d a");
  });

  test("each owner in turn, whatever the priorities and however many jobs", () => {
    const queue = queueOf(
      ...many("a", 20, { priority: 9 }),
      ["b", { owner: "bob" }],
      ["c", { owner: "cid" }],
    );
    expect(taken(queue).split(" ").slice(0, 4)).toEqual(["a0", "b", "c", "a1"]);
  });

  test("nobody gains by sending one job after another", () => {
    const queue = queueOf(...many("a", 10));
    const order: string[] = [];
    for (let i = 0; i < 8; i++) {
      if (!order.at(-1)?.startsWith("a") && i > 0) order.push(queue.take(anySize)!);
      else {
        add(queue, `bob${i}`, { owner: "bob" });
        order.push(queue.take(anySize)!);
      }
    }
    expect(order.filter((id) => id.startsWith("a")).length).toBeGreaterThanOrEqual(3);
  });

  test("of one owner each batch and each size in turn", () => {
    const queue = queueOf(
      ...many("x", 5, { owner: "ann", batch: "x" }),
      ...many("large", 3, { owner: "ann", size: "large" }),
      ["single"],
    );
    expect(taken(queue)).toBe("x0 large0 single x1 large1 x2 large2 x3 x4");
  });

  test("what there is no room for is passed over and loses nothing", () => {
    const queue = queueOf(["large", { size: "large" }], ["a"], ["b"]);
    expect(queue.take((size) => size !== "large")).toBe("a");
    expect(queue.take(anySize)).toBe("large");
    expect(queue.take(() => false)).toBeUndefined();
    expect(taken(queue)).toBe("b");
  });

  test("in a long line the last come is soon served, and the first come not later than twice its time", () => {
    const queue = queueOf(...many("a", 5000));
    const order = taken(queue).split(" ");
    expect(new Set(order).size).toBe(5000);
    expect(order.indexOf("a4999")).toBe(1);
    for (let i = 0; i < 2000; i += 100) expect(order.indexOf(`a${i}`)).toBeLessThanOrEqual(2 * i);
    // What comes while the line is worked off waits for two others at most.
    const busy = queueOf(...many("a", 100));
    for (let i = 0; i < 20; i++) {
      add(busy, `new${i}`);
      const next = [busy.take(anySize), busy.take(anySize)];
      expect(next).toContain(`new${i}`);
    }
  });

  test("who is removed is not served, and leaves nothing behind", () => {
    const queue = queueOf(["a"], ["b", { owner: "bob" }], ["c", { size: "large" }]);
    for (const id of ["a", "b", "none"]) queue.remove(id);
    expect(taken(queue)).toBe("c");
    add(queue, "d");
    expect(taken(queue)).toBe("d");
  });

  test("nobody starves: with others coming all the time, everyone is served in a bounded time", () => {
    const sizes: JobSize[] = ["small", "medium", "large"];
    const waiting = new Map<string, number>();
    const queue = new JobQueue();
    let worst = 0;
    for (let round = 0; round < 3000; round++) {
      // More comes than goes: from everyone, of every size, alone and in batches.
      for (const owner of ["ann", "bob"]) {
        const id = `${owner} ${round}`;
        const batch = round % 4 === 0 ? "batch" : undefined;
        add(queue, id, { owner, size: sizes[round % 3]!, ...(batch && { batch }) });
        if (round < 20) waiting.set(id, round);
      }
      const id = queue.take(anySize)!;
      const since = waiting.get(id);
      if (since !== undefined) worst = Math.max(worst, round - since);
      waiting.delete(id);
    }
    expect([waiting.size, worst < 300]).toEqual([0, true]);
  });
});

test("an image's size is that of its pixels", () => {
  expect(sizeOf({ width: 1000, height: 1000 })).toBe("small");
  expect(sizeOf({ width: 4000, height: 3000 })).toBe("medium");
  expect(sizeOf({ width: 20_000, height: 15_000 })).toBe("large");
});
