import { expect, test } from "bun:test";
import { ByteTurns } from "../../master/codec/byte_turns.ts";
import { seeded } from "../engine/random.ts";

test("P5: no more bytes are held at a time than fit, but what is larger alone; and all have their turn, in order", async () => {
  const random = seeded(1);
  const turns = new ByteTurns(100);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const held = new Set<number>();
  const sizes = Array.from({ length: 300 }, () => 1 + random.below(140));
  const all = sizes.map((bytes, i) =>
    turns.run(bytes, async () => {
      begun.push(i);
      held.add(i);
      const sum = [...held].reduce((total, at) => total + sizes[at]!, 0);
      if (held.size > 1) expect(sum).toBeLessThanOrEqual(100);
      await new Promise<void>((resolve) => ends.push(resolve));
      held.delete(i);
      if (i % 7 === 0) throw new Error("it failed");
    }),
  );
  const settled = Promise.allSettled(all);
  for (let done = 0; done < sizes.length; done++) {
    for (let turn = 0; ends.length === 0 && turn < 100; turn++) await Promise.resolve();
    ends.splice(random.below(ends.length), 1)[0]!();
  }
  const failed = (await settled).filter(({ status }) => status === "rejected");
  expect(failed).toHaveLength(Math.ceil(sizes.length / 7));
  expect(begun).toEqual(sizes.map((_, i) => i));
});
