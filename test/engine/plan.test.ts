import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bandRuns } from "../../master/bands/runs.ts";
import { loadSharp } from "../../master/codec/sharp.ts";
import { uprightSteps } from "../../master/plan/orientation.ts";
import { type Plan, planPipeline, type StagePlan, tileRect } from "../../master/plan/plan.ts";
import type { TriedTile } from "../../master/store/store.ts";
import { TesseraError } from "../../shared/errors.ts";
import { contains, isEmpty, type Rect, type Shape, sameRect, wholeOf } from "../../shared/geometry.ts";
import { compileChain, footprint, shapeAfter, windowOf } from "../../shared/ops/chain.ts";
import type { Step } from "../../shared/ops/op.ts";
import { opNamed } from "../../shared/ops/registry.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { anyFormat, anyStep } from "../ops/arbitrary.ts";
import { whole } from "../ops/tiled_equals_whole.ts";
import { inFolder } from "../support/folder.ts";
import { decodeFile, difference, inLong, pictureRaster, spec } from "./harness.ts";

const sharp = await loadSharp();

const RUNS = inLong(150, 3000);
const PIXELS_MAX = 50_000_000;
/** What plan.ts aims at; windows differ by a pixel or two from place to place, which it does not look for. */
const FOOTPRINT_MAX = 1.1 * (32 << 20);

interface Case {
  readonly steps: readonly Step[];
  readonly input: Shape;
  readonly plan: Plan;
}

/** Pipelines of any ops on images of any size that can be planned. */
const planned: fc.Arbitrary<Case> = fc
  .tuple(
    fc.array(anyStep(), { maxLength: 6 }),
    fc.integer({ min: 1, max: 6000 }),
    fc.integer({ min: 1, max: 6000 }),
    anyFormat,
    fc.constantFrom(64, 65, 100, 256, 512, 1024),
  )
  .map(([drawn, width, height, format, tileSize]): Case | undefined => {
    const steps = parsePipeline(drawn);
    const input = { width, height, ...format };
    const plan = planUnlessTooLarge(steps, input, tileSize);
    return plan && { steps, input, plan };
  })
  .filter((made): made is Case => made !== undefined);

function planUnlessTooLarge(steps: readonly Step[], input: Shape, tileSize: number): Plan | undefined {
  try {
    return planPipeline(steps, input, tileSize, PIXELS_MAX);
  } catch (thrown) {
    if (thrown instanceof TesseraError) return undefined;
    throw thrown;
  }
}

const property = (body: (made: Case) => void) => fc.assert(fc.property(planned, body), { numRuns: RUNS });

const tilesOf = (stage: StagePlan): Rect[] =>
  Array.from({ length: stage.columns * stage.rows }, (_, tile) => tileRect(stage, tile));

/** Whether each tile ends where its right and lower neighbours begin, and the last ones at the image's edge. */
function partitions(stage: StagePlan): boolean {
  const tiles = tilesOf(stage);
  const { columns, rows, output } = stage;
  return tiles.every((rect, i) => {
    const right = (i + 1) % columns === 0 ? output.width : tiles[i + 1]!.x;
    const below = i >= columns * (rows - 1) ? output.height : tiles[i + columns]!.y;
    const starts = (i % columns > 0 || rect.x === 0) && (i >= columns || rect.y === 0);
    return starts && !isEmpty(rect) && rect.x + rect.width === right && rect.y + rect.height === below;
  });
}

describe("P1: a plan", () => {
  test("cuts each stage's output into tiles that leave nothing out and never overlap", () => {
    property(({ plan }) => {
      for (const stage of plan.stages) expect(partitions(stage)).toBe(true);
      expect(plan.tiles).toBe(plan.stages.reduce((sum, { columns, rows }) => sum + columns * rows, 0));
    });
  });

  test("has windows inside the canvas that its stage reads", () => {
    property(({ plan }) => {
      for (const stage of plan.stages) {
        const chain = compileChain(stage.steps, stage.input);
        for (const rect of tilesOf(stage)) {
          const window = windowOf(chain, rect);
          expect(contains(wholeOf(stage.input), window)).toBe(true);
        }
      }
    });
  });

  test("splits behind each statistics op, and loses no step", () => {
    property(({ plan, steps }) => {
      const ends = steps.filter(({ op }) => opNamed(op).kind === "statistics");
      expect(plan.stages).toHaveLength(ends.length + 1);
      expect(plan.stages.flatMap((stage) => [...stage.steps, ...(stage.ends ? [stage.ends] : [])])).toEqual([
        ...steps,
      ]);
      expect(plan.stages.at(-1)).toMatchObject({ writes: true });
      expect(plan.stages.at(-1)?.ends).toBeUndefined();
      for (const stage of plan.stages)
        expect(stage.steps.every(({ op }) => opNamed(op).kind !== "statistics")).toBe(true);
    });
  });

  test("knows every shape before any pixel: each stage reads what the one before wrote", () => {
    property(({ plan, steps, input }) => {
      let shape = input;
      for (const step of steps) shape = shapeAfter(step, shape);
      expect(plan.output).toEqual(shape);
      let canvas = input;
      for (const stage of plan.stages) {
        expect(stage.input).toEqual(canvas);
        if (stage.writes) canvas = stage.output;
      }
    });
  });

  test("P5: takes smaller tiles where windows would be large", () => {
    property(({ plan }) => {
      for (const [i, stage] of plan.stages.entries()) {
        if (stage.tile.width * stage.tile.height === 1) continue;
        // Otsu's threshold opens the stage behind it by making gray of the colours that it reads.
        const opening = plan.stages[i - 1]?.ends?.op === "otsu_threshold" ? parsePipeline("grayscale") : [];
        const chain = compileChain([...opening, ...stage.steps], stage.input);
        for (const rect of tilesOf(stage)) expect(footprint(chain, rect)).toBeLessThan(FOOTPRINT_MAX);
      }
    });
  });
});

describe("P5: a strong shrink", () => {
  const huge: Shape = { width: 40_000, height: 30_000, channels: 4, depth: 16 };

  test.each([0.01, 0.005, 0.004])("to %d of its sides keeps its windows within the goal", (scale) => {
    const [stage] = planPipeline(parsePipeline([{ op: "resize", scale }]), huge, 512, 2_000_000_000).stages;
    expect(stage!.tile.width).toBeLessThan(512);
    expect(partitions(stage!)).toBe(true);
    const chain = compileChain(stage!.steps, stage!.input);
    for (const rect of tilesOf(stage!)) expect(footprint(chain, rect)).toBeLessThan(FOOTPRINT_MAX);
  });

  test("whose single pixel needs more than the goal goes pixel by pixel", () => {
    const [stage] = planPipeline(parsePipeline("resize(scale=0.002)"), huge, 512, 2_000_000_000).stages;
    expect(stage).toMatchObject({ tile: { width: 1, height: 1 }, columns: 80, rows: 60, bandTiles: 1 });
  });

  test("whose single pixel needs too much is refused", () => {
    const steps = parsePipeline("resize(width=20, height=15) | box_blur(radius=9) | box_blur(radius=9)");
    expect(() => planPipeline(steps, huge, 512, 2_000_000_000)).toThrow(
      expect.objectContaining({ code: "pipeline_unbounded" }),
    );
  });

  test("an enlargement beyond the limits is refused, also in the middle", () => {
    const steps = parsePipeline("resize(scale=50) | crop(x=0, y=0, width=10, height=10)");
    expect(() => planPipeline(steps, { ...huge, width: 5000 }, 512, 2_000_000_000)).toThrow(
      expect.objectContaining({ code: "output_too_large" }),
    );
  });
});

describe("P3: what is left of a stage", () => {
  const tried = (stage: StagePlan): fc.Arbitrary<TriedTile[]> =>
    fc.uniqueArray(fc.nat({ max: stage.columns * stage.rows - 1 }), { maxLength: 40 }).chain((tiles) =>
      fc.tuple(
        ...tiles.map((tile) =>
          fc.record({
            tile: fc.constant(tile),
            attempts: fc.integer({ min: 0, max: 3 }),
            done: fc.boolean(),
          }),
        ),
      ),
    );
  const stageAndTried = planned.chain(({ plan }) =>
    tried(plan.stages[0]!).map((list) => ({ stage: plan.stages[0]!, list })),
  );

  test("is every tile that is not done, once: suspects alone, the others in runs of neighbours", () => {
    fc.assert(
      fc.property(stageAndTried, ({ stage, list }) => {
        const { suspects, runs } = bandRuns(stage, list);
        const done = new Set(list.filter((tile) => tile.done).map(({ tile }) => tile));
        const all = Array.from({ length: stage.columns * stage.rows }, (_, tile) => tile);
        const given = [...suspects, ...runs.flat()];
        expect(given.toSorted((a, b) => a - b)).toEqual(all.filter((tile) => !done.has(tile)));
        const begun = list.filter((tile) => !tile.done && tile.attempts > 0).map(({ tile }) => tile);
        expect(suspects.toSorted((a, b) => a - b)).toEqual(begun.toSorted((a, b) => a - b));
        for (const run of runs) {
          expect(run.length).toBeLessThanOrEqual(stage.bandTiles);
          expect(run).toEqual(Array.from(run, (_, i) => run[0]! + i));
          expect(new Set(run.map((tile) => Math.floor(tile / stage.columns))).size).toBe(1);
        }
        expect(runs.map((run) => run[0]!)).toEqual(runs.map((run) => run[0]!).toSorted((a, b) => a - b));
      }),
      { numRuns: RUNS },
    );
  });

  test("begins with the suspect that has been tried least", () => {
    const { stages } = planPipeline([], { width: 640, height: 640, channels: 3, depth: 8 }, 64, PIXELS_MAX);
    const { suspects } = bandRuns(stages[0]!, [
      { tile: 3, attempts: 2, done: false },
      { tile: 5, attempts: 1, done: false },
      { tile: 7, attempts: 3, done: true },
    ]);
    expect(suspects).toEqual([5, 3]);
  });
});

describe("EXIF orientation", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("%d is undone as the library undoes it", async (orientation) => {
    await inFolder(async (folder) => {
      const of = spec(37, 23, 3, 8, 4);
      const image = pictureRaster(of);
      const raw = { width: of.width, height: of.height, channels: 3 as const };
      const path = `${folder}/turned.tiff`;
      await sharp(image.data, { raw })
        .withMetadata({ orientation })
        .tiff({ compression: "none" })
        .toFile(path);
      const upright = await decodeFile(path);
      expect(difference(whole(parsePipeline(uprightSteps(orientation)), image), upright)).toBe("same");
      expect(sameRect(upright.rect, image.rect)).toBe(orientation < 5);
    });
  });

  test("none other turns anything", () => {
    for (const orientation of [0, 9, -1, 255]) expect(uprightSteps(orientation)).toEqual([]);
  });
});
