import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { assign, type Share } from "../../shared/bus/kafka/assigner.ts";

const PARTITIONS = Array.from({ length: 48 }, (_, i) => i);

const anyShares = fc.uniqueArray(
  fc.record({
    id: fc.string(),
    weight: fc.integer({ min: 1, max: 64 }),
    had: fc.array(fc.nat(60), { maxLength: 60 }), // also what others claim, what is twice and what is not there
  }),
  { minLength: 1, maxLength: 60, selector: ({ id }) => id },
);

/** The members with what they were given. */
const after = (shares: readonly Share[]): Share[] => {
  const given = assign(PARTITIONS, shares);
  return shares.map((share) => ({ ...share, had: given.get(share.id)! }));
};

const moved = (before: readonly Share[], now: readonly Share[]): number => {
  const owner = new Map(before.flatMap(({ id, had }) => had.map((partition) => [partition, id])));
  return now.flatMap(({ id, had }) => had.filter((partition) => owner.get(partition) !== id)).length;
};

describe("partitions among the members of a group", () => {
  test("each goes to exactly one, by weight, whatever members claim", () => {
    fc.assert(
      fc.property(anyShares, (shares) => {
        const given = assign(PARTITIONS, shares);
        expect([...given.values()].flat().toSorted((a, b) => a - b)).toEqual(PARTITIONS);
        const sum = shares.reduce((total, { weight }) => total + weight, 0);
        for (const { id, weight } of shares)
          expect(Math.abs(given.get(id)!.length - (PARTITIONS.length * weight) / sum)).toBeLessThan(1.01);
      }),
    );
  });

  test("stay where they are while nobody comes or goes", () => {
    fc.assert(
      fc.property(anyShares, (shares) => {
        const settled = after(shares);
        expect(moved(settled, after(settled.toReversed()))).toBe(0);
      }),
    );
  });

  test("move only as far as they must when one comes, and when one goes", () => {
    const alike = (id: string): Share => ({ id, weight: 3, had: [] });
    const three = after(["a", "b", "c"].map(alike));
    const four = after([...three, alike("d")]);
    expect(moved(three, four)).toBe(12);
    expect(moved(four, after(four.slice(1)))).toBe(12);
  });
});
