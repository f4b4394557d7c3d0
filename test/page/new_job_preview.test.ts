import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Looker, type Wanted } from "../../page/new_job/preview/looker.ts";
import { FIT, panned, placeOf, regionSeen, zoomed, zoomedTo } from "../../page/new_job/preview/viewport.ts";
import { differs, type Scene, wishesOf } from "../../page/new_job/preview/wishes.ts";
import { stepOf } from "../../page/new_job/recipe.ts";

/** A look that is under way, answered by hand. */
interface Asked {
  readonly look: string;
  readonly signal: AbortSignal;
  answer(picture: string): Promise<void>;
  fail(): Promise<void>;
}

/** Lets all that waits for nothing but each other go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

function lookerOf(onIdle = () => {}) {
  const asked: Asked[] = [];
  const shown: string[] = [];
  const failed: string[] = [];
  const busy: boolean[] = [];
  const looker = new Looker<string, string>({
    ask(look, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      signal.addEventListener("abort", () => reject(signal.reason));
      asked.push({
        ...{ look, signal },
        answer: async (picture) => {
          resolve(picture);
          await settled();
        },
        fail: async () => {
          reject(new Error("refused"));
          await settled();
        },
      });
      return promise;
    },
    show: (place, picture) => shown.push(`${place}: ${picture}`),
    fail: (place) => failed.push(place),
    busy(isBusy) {
      busy.push(isBusy);
      if (!isBusy) onIdle();
    },
  });
  const want = (...looks: (readonly [string, string])[]) =>
    looker.want(looks.map(([place, look]): Wanted<string> => ({ place, key: `${place} ${look}`, look })));
  return { looker, asked, shown, failed, busy, want };
}

describe("a looker", () => {
  test("has one look under way at a time, shows it, and goes on with the newest", async () => {
    const { asked, shown, want } = lookerOf();
    for (const look of ["1", "2", "3", "4"]) want(["after", look]);
    expect(asked.map(({ look }) => look)).toEqual(["1"]);
    await asked[0]!.answer("one");
    expect(asked.map(({ look }) => look)).toEqual(["1", "4"]);
    await asked[1]!.answer("four");
    expect(shown).toEqual(["after: one", "after: four"]);
    expect(asked.length).toBe(2);
  });

  test("gets the most urgent first, and nothing twice", async () => {
    const { asked, want, busy } = lookerOf();
    want(["after", "a"], ["before", "b"]);
    await asked[0]!.answer("");
    want(["after", "c"], ["before", "b"]);
    await asked[1]!.answer("");
    await asked[2]!.answer("");
    want(["after", "c"], ["before", "b"]);
    await settled();
    expect(asked.map(({ look }) => look)).toEqual(["a", "b", "c"]);
    expect(busy).toEqual([true, false, true, false, true, false]);
  });

  test("has one at a time also where something else is wanted the moment that one has come", async () => {
    const { asked, want } = lookerOf(() => want(["after", "2"]));
    want(["after", "1"]);
    await asked[0]!.answer("one");
    expect(asked.map(({ look }) => look)).toEqual(["1", "2"]);
    await asked[1]!.answer("two");
    expect(asked.length).toBe(2);
  });

  test("gives up one that takes long and that nobody waits for any more", async () => {
    const { asked, shown, failed, want } = lookerOf();
    want(["after", "1"]);
    const aborted = new Promise((resolve) => asked[0]!.signal.addEventListener("abort", resolve));
    want(["after", "2"]);
    await aborted;
    await settled();
    expect(asked.map(({ look }) => look)).toEqual(["1", "2"]);
    await asked[1]!.answer("two");
    expect([shown, failed]).toEqual([["after: two"], []]);
  });

  test("does not ask again for what is refused, until something else is wanted or it is told to", async () => {
    const { looker, asked, failed, want } = lookerOf();
    want(["after", "1"]);
    await asked[0]!.fail();
    want(["after", "1"]);
    expect([failed, asked.length]).toEqual([["after"], 1]);
    looker.again();
    expect(asked.length).toBe(2);
    looker.end();
    await settled();
    expect(failed).toEqual(["after"]);
  });
});

const size = fc.record({
  width: fc.integer({ min: 1, max: 60_000 }),
  height: fc.integer({ min: 1, max: 60_000 }),
});
const stage = fc.record({
  width: fc.integer({ min: 50, max: 4000 }),
  height: fc.integer({ min: 50, max: 3000 }),
});
const density = fc.constantFrom(1, 1.5, 2, 3);

describe("a viewport", () => {
  test("of all of it shows the whole picture, and never larger than it is", () => {
    fc.assert(
      fc.property(size, stage, density, (picture, room, dots) => {
        expect(regionSeen(FIT, picture, room, dots)).toEqual({ x: 0, y: 0, ...picture });
        const place = placeOf(FIT, picture, room, dots);
        expect(place.width).toBeLessThanOrEqual(Math.min(room.width, picture.width / dots) + 1e-6);
        expect(place.height).toBeLessThanOrEqual(Math.min(room.height, picture.height / dots) + 1e-6);
      }),
    );
  });

  test("keeps the pixel under the pointer where it is while it zooms, unless an edge is in the way", () => {
    const [picture, room] = [
      { width: 4000, height: 3000 },
      { width: 800, height: 600 },
    ];
    const at = { x: 300, y: 200 };
    let view = zoomedTo(FIT, 1, picture, room, 1);
    const pixel = () => {
      const { x, width } = placeOf(view, picture, room, 1);
      return ((at.x - x) / width) * picture.width;
    };
    const before = pixel();
    for (const factor of [2, 2, 0.5]) {
      view = zoomed(view, factor, at, picture, room, 1);
      expect(pixel()).toBeCloseTo(before, 6);
    }
    expect(zoomed(view, 0.001, at, picture, room, 1)).toBe(FIT);
  });

  test("never shows a region outside of the picture, wherever it is moved", () => {
    const by = fc.record({ x: fc.integer({ min: -1e5, max: 1e5 }), y: fc.integer({ min: -1e5, max: 1e5 }) });
    const moves = fc.array(fc.tuple(fc.double({ min: 0.2, max: 5, noNaN: true }), by), { maxLength: 6 });
    fc.assert(
      fc.property(size, stage, density, moves, (picture, room, dots, steps) => {
        let view = zoomedTo(FIT, 1, picture, room, dots);
        for (const [factor, distance] of steps)
          view = panned(zoomed(view, factor, distance, picture, room, dots), distance, picture, room, dots);
        const { x, y, width, height } = regionSeen(view, picture, room, dots);
        for (const value of [x, y, width, height]) expect(Number.isInteger(value)).toBe(true);
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
        expect(Math.min(width, height)).toBeGreaterThanOrEqual(1);
        expect(x + width).toBeLessThanOrEqual(picture.width);
        expect(y + height).toBeLessThanOrEqual(picture.height);
      }),
    );
  });
});

describe("what is asked for", () => {
  const scene: Scene = {
    ...{ image: 1, steps: [stepOf({ op: "blur" }), stepOf({ op: "rotate_90" })], view: FIT, hasAlpha: false },
    ...{ picture: { width: 3000, height: 4000 }, stage: { width: 800, height: 600 }, density: 1 },
    ...{ compares: true, withinMs: undefined, movesPixels: (op) => op === "rotate_90" || op === "pad" },
  };

  test("is no larger than it is seen, and before has the same geometry", () => {
    expect(wishesOf(scene).map(({ place, look }) => [place, look.pipeline, look.size])).toEqual([
      ["after whole", "blur | rotate_90", 608],
      ["before whole", "rotate_90", 608],
    ]);
    expect(differs([stepOf({ op: "pad" })], scene.movesPixels)).toBe(false);
    expect(wishesOf({ ...scene, compares: false }).length).toBe(1);
  });

  test("is what is seen closely first, with its own pixels at full size", () => {
    const view = { kind: "free", centre: { x: 0.5, y: 0.5 }, zoom: 1 } as const;
    const [close, , whole] = wishesOf({ ...scene, view, withinMs: 100 });
    expect(close!.look).toMatchObject({
      ...{ side: "after", size: 800, withinMs: 100, format: "jpeg" },
      region: { x: 1100, y: 1700, width: 800, height: 600 },
    });
    expect(whole!.look.region).toBeUndefined();
  });

  test("has each pixel as it is where one can be told from the next, and holds still", () => {
    const view = { kind: "free", centre: { x: 0.5, y: 0.5 }, zoom: 4 } as const;
    const formats = (withinMs: number | undefined) =>
      wishesOf({ ...scene, view, withinMs }).map(({ place, look }) => `${place} ${look.format}`);
    expect(formats(undefined).slice(0, 2)).toEqual(["after part png", "before part png"]);
    expect(formats(100).slice(0, 2)).toEqual(["after part jpeg", "before part png"]);
  });

  test("can be transparent where something may be", () => {
    const formats = (changes: Partial<Scene>) =>
      wishesOf({ ...scene, ...changes }).map(({ look }) => look.format);
    expect(formats({ hasAlpha: true })).toEqual(["webp", "webp"]);
    expect(formats({ steps: [stepOf({ op: "pad", left: 5, color: "#00000080" })] })).toEqual(["webp"]);
    expect(formats({ steps: [stepOf({ op: "pad", left: 5, color: "#000000" })] })).toEqual(["jpeg"]);
  });
});
