import { expect, test } from "bun:test";
import type { Told } from "../../client/client.ts";
import { type BatchPage, changesRows, withNews, withTold } from "../../page/batches/batch_list.ts";

type Batch = BatchPage["batches"][number];

const batch = (number: number, more: Partial<Batch> = {}): Batch =>
  ({ id: `b${number}`, images: 0, created_at: new Date(1_000_000 + number).toISOString(), ...more }) as Batch;

type TellsBatches = Extract<Told<"batches">, { readonly type: "batches" }>;

const told = (batches: Batch[], more: Partial<TellsBatches> = {}): TellsBatches => ({
  ...{ type: "batches", topic: "batches", seq: 1, snapshot: false, gone: [], ...more, batches },
});

test("what was told of a batch is shown, also if its page was asked for before and comes after", () => {
  const known = withTold(new Map(), told([batch(1, { images: 7 }), batch(9)]));
  const page: BatchPage = { batches: [batch(2), batch(1)], next_cursor: "x" };
  expect(withNews(page, known)).toEqual({ batches: [batch(2), batch(1, { images: 7 })], next_cursor: "x" });
});

test("what was told before a snapshot, or of what is gone, counts no more; nor is more kept than is shown", () => {
  let known = withTold(new Map(), told([batch(1), batch(2)]));
  known = withTold(known, told([], { gone: ["b1"] }));
  expect([...known.keys()]).toEqual(["b2"]);
  known = withTold(known, told([batch(3)], { snapshot: true }));
  expect([...known.keys()]).toEqual(["b3"]);
  for (let n = 10; n < 1000; n++) known = withTold(known, told([batch(n)]));
  expect(known.size).toBeLessThan(500);
  expect(known.has("b999")).toBe(true);
});

test.each([
  ["what is in a row has changed", told([batch(4, { images: 3 })]), false, false],
  ["there is a newer one", told([batch(9)]), true, false],
  ["an older one that is on another page has changed", told([batch(1)]), false, false],
  ["one is gone", told([], { gone: ["b4"] }), true, true],
  ["one of another page is gone", told([], { gone: ["b1"] }), false, false],
  ["the whole is told", told([], { snapshot: true }), true, true],
])("the page is asked for again where others belong on it: %s", (_, message, onFirst, onOther) => {
  const page: BatchPage = { batches: [batch(5), batch(4)] };
  expect([true, false].map((isFirst) => changesRows(page, isFirst, message))).toEqual([onFirst, onOther]);
});
