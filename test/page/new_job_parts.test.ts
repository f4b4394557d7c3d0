import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { begun, changed, redone, settled, undone } from "../../page/new_job/history.ts";
import { labelFault, labelsOf } from "../../page/new_job/labels.ts";
import { estimateFrom, piecesOf } from "../../page/new_job/output/estimate.ts";
import { BUILT_IN } from "../../page/new_job/pipeline/built_in_presets.ts";
import { heightsOf } from "../../page/new_job/pipeline/curve.ts";
import { findOps } from "../../page/new_job/pipeline/finding_ops.ts";
import {
  controlOf,
  faultOf,
  nextTo,
  type ParameterSchema,
  POSITIONS,
  positionOf,
  type Transform,
  valueAt,
} from "../../page/new_job/pipeline/parameters.ts";
import {
  added,
  EMPTY,
  moved,
  type PlainStep,
  pipelineText,
  plain,
  type Recipe,
  removed,
  rewritten,
  stepOf,
  toggled,
  withOption,
  withParam,
} from "../../page/new_job/recipe.ts";
import { isSharable, parsedSteps, recipeFrom, searchOf } from "../../page/new_job/recipe_address.ts";
import { describeOps } from "../../shared/ops/describe.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";

const TRANSFORMS = describeOps() as unknown as readonly Transform[];

const recipeOf = (...steps: PlainStep[]): Recipe => ({
  ...EMPTY,
  steps: steps.map((step) => stepOf(step)),
});

const ops = ({ steps }: Recipe): string[] => steps.map(({ op, on }) => (on ? op : `(${op})`));

/** Steps with parameters as the server takes them, or with nonsense in them. */
const anyStep = fc
  .record({
    op: fc.constantFrom(...TRANSFORMS.map(({ name }) => name)),
    params: fc.dictionary(
      fc.stringMatching(/^[a-z_]\w{0,8}$/).filter((name) => name !== "op" && name !== "__proto__"),
      fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
        fc.boolean(),
        fc.string(),
        fc.array(fc.integer(), { maxLength: 9 }),
      ),
      { maxKeys: 3 },
    ),
    on: fc.boolean(),
  })
  .map(({ op, params, on }) => stepOf({ op, ...params }, on));
const anyRecipe = fc.array(anyStep, { maxLength: 6 }).map((steps): Recipe => ({ ...EMPTY, steps }));

describe("undo", () => {
  test("gives every state back, and redo the ones after it", () => {
    let history = begun(0);
    for (const state of [1, 2, 3]) history = changed(history, state);
    expect([undone(history).now, undone(undone(history)).now]).toEqual([2, 1]);
    expect(redone(undone(history)).now).toBe(3);
    expect(undone(begun(7)).now).toBe(7);
    const elsewhere = changed(undone(history), 9);
    expect(redone(elsewhere).now).toBe(9);
  });

  test("takes back a whole drag at once, and the next one by itself", () => {
    let history = begun(0);
    for (const state of [1, 2, 3]) history = changed(history, state, "sigma");
    history = settled(history);
    for (const state of [4, 5]) history = changed(history, state, "sigma");
    expect(undone(history).now).toBe(3);
    expect(undone(undone(history)).now).toBe(0);
  });

  test("keeps a bounded number of states", () => {
    let history = begun(0);
    for (let state = 1; state <= 1000; state++) history = changed(history, state);
    expect(history.past.length).toBe(200);
  });
});

describe("a recipe", () => {
  test("has steps added, moved, switched off, set and removed", () => {
    const recipe = recipeOf({ op: "blur" }, { op: "sharpen" }, { op: "sepia" });
    const [blur, sharpen] = recipe.steps;
    expect(ops(moved(recipe, blur!.key, 2))).toEqual(["sharpen", "sepia", "blur"]);
    expect(ops(moved(recipe, blur!.key, 99))).toEqual(["sharpen", "sepia", "blur"]);
    expect(moved(recipe, blur!.key, -1)).toBe(recipe);
    expect(ops(toggled(recipe, sharpen!.key))).toEqual(["blur", "(sharpen)", "sepia"]);
    expect(ops(removed(recipe, blur!.key))).toEqual(["sharpen", "sepia"]);
    expect(ops(added(recipe, stepOf({ op: "flip" }), 1))).toEqual(["blur", "flip", "sharpen", "sepia"]);
    const set = withParam(withParam(recipe, blur!.key, "sigma", 2), blur!.key, "sigma", 3);
    expect(pipelineText(toggled(set, sharpen!.key))).toBe("blur(sigma=3) | sepia");
    expect(pipelineText(withParam(set, blur!.key, "sigma", undefined))).toBe("blur | sharpen | sepia");
  });

  test("that is rewritten as text keeps the steps that are still there, and those that are off", () => {
    const recipe = recipeOf({ op: "blur" }, { op: "sharpen" }, { op: "sepia" });
    const [blur, sharpen, sepia] = recipe.steps;
    const off = toggled(recipe, sharpen!.key);
    const written = rewritten(off, parsedSteps("blur(sigma=9) | flip | sepia"));
    expect(ops(written)).toEqual(["blur", "(sharpen)", "flip", "sepia"]);
    expect(written.steps.map(({ key }) => key)).toEqual([
      blur!.key,
      sharpen!.key,
      expect.any(Number),
      sepia!.key,
    ]);
    expect(ops(rewritten(off, []))).toEqual(["(sharpen)"]);
  });

  test("comes back out of its address as it was, whatever stands in it", () => {
    fc.assert(
      fc.property(anyRecipe, (recipe) => {
        fc.pre(isSharable(recipe));
        const search = new URLSearchParams();
        for (const [name, value] of Object.entries(searchOf(recipe)))
          if (value !== undefined) search.set(name, value);
        const back = recipeFrom(new URLSearchParams(search.toString()));
        expect(back.steps.map((step) => ({ ...plain(step), on: step.on }))).toEqual(
          recipe.steps.map((step) => ({ ...plain(step), on: step.on })),
        );
      }),
    );
  });

  test("has its options in the address by the API's names, and leaves out what is not one", () => {
    let recipe = withOption(withOption(EMPTY, "format", "webp"), "quality", 70);
    recipe = withOption(withOption(recipe, "lossless", false), "labels", "a:b, c:d");
    const search = searchOf(recipe);
    expect(search).toMatchObject({ format: "webp", quality: "70", lossless: "false", labels: "a:b, c:d" });
    const said = new URLSearchParams(
      "format=exe&quality=many&metadata=strip&effort=9&pipeline=sepia&off=1,x",
    );
    const back = recipeFrom(said);
    expect(back.options).toEqual({ metadata: "strip", effort: 9 });
    expect(ops(back)).toEqual(["(sepia)"]);
  });

  test("is read as JSON too, as the API reads it", () => {
    expect(parsedSteps('[{"op":"blur","sigma":2}]')).toEqual([{ op: "blur", sigma: 2 }]);
    expect(() => parsedSteps("[1]")).toThrow();
    expect(() => parsedSteps("blur(")).toThrow("at the end");
  });

  test("of every preset is one that the server takes", () => {
    for (const { text } of BUILT_IN) expect(parsePipeline(text).length).toBeGreaterThan(0);
  });
});

const schemas = TRANSFORMS.flatMap(({ name, params }) =>
  Object.entries(params.properties ?? {}).map(
    ([param, schema]) => [`${name}.${param}`, schema as ParameterSchema] as const,
  ),
);

describe("parameters", () => {
  test("have the control that suits their schema", () => {
    const kinds = Object.fromEntries(schemas.map(([name, schema]) => [name, controlOf(schema).kind]));
    expect(kinds).toMatchObject({
      "blur.sigma": "slider",
      "hue.angle": "slider",
      "crop.width": "number",
      "resize.scale": "number",
      "resize.kernel": "choice",
      "rotate.angle": "choice",
      "tint.color": "colour",
      "channel_mix.red": "numbers",
      "convolve.kernel": "numbers",
      "curve.points": "curve",
    });
  });

  test("are checked as the server checks them", () => {
    for (const [name, schema] of schemas) {
      if (schema.default !== undefined)
        expect([name, faultOf(schema, schema.default)]).toEqual([name, undefined]);
      expect(faultOf(schema, undefined)).toBeUndefined();
      expect(faultOf(schema, { not: "this" })).toStartWith("Expected ");
    }
    const [, sigma] = schemas.find(([name]) => name === "blur.sigma")!;
    expect(faultOf(sigma, 0)).toBe("Expected a number from 0.1 to 100 (px).");
  });

  test("that sliders give are always allowed, and a slider stands where its value is", () => {
    const sliders = schemas.flatMap(([, schema]) => {
      const control = controlOf(schema);
      return control.kind === "slider" ? [{ schema, range: control.range }] : [];
    });
    expect(sliders.length).toBeGreaterThan(20);
    const anySlider = fc.constantFrom(...sliders);
    fc.assert(
      fc.property(anySlider, fc.integer({ min: 0, max: POSITIONS }), ({ schema, range }, position) => {
        const value = valueAt(range, position);
        expect(faultOf(schema, value)).toBeUndefined();
        const room = range.isWhole ? POSITIONS / 2 : POSITIONS / 20;
        expect(Math.abs(positionOf(range, value) - position)).toBeLessThanOrEqual(room);
        for (const steps of [1, -1, 10, -10]) {
          const next = nextTo(range, value, steps);
          expect(faultOf(schema, next)).toBeUndefined();
          const atEnd = steps > 0 ? value === range.maximum : value === range.minimum;
          if (!atEnd) expect(Math.sign(next - value)).toBe(Math.sign(steps));
        }
      }),
    );
    for (const { range } of sliders) {
      expect(valueAt(range, 0)).toBe(range.minimum);
      expect(valueAt(range, POSITIONS)).toBe(range.maximum);
    }
  });
});

describe("a tone curve", () => {
  test("is a few heights where it loses nothing by that", () => {
    expect(heightsOf([[0, 1]])).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(heightsOf([[0, 0.8, 1]])).toEqual([0, 0.4, 0.8, 0.9, 1]);
    expect(heightsOf([[0, 0.1, 0.2, 0.3, 1]])).toEqual([0, 0.1, 0.2, 0.3, 1]);
    for (const other of [
      [[0, 0.1, 0.2, 1]],
      [
        [0, 1],
        [0, 1],
        [1, 0],
      ],
      [[0]],
      [["a", "b"]],
      "x",
      undefined,
    ])
      expect(heightsOf(other)).toBeUndefined();
  });
});

describe("ops", () => {
  test("are found by name, by title, by what they do and by what others call them", () => {
    const first = (typed: string) => findOps(TRANSFORMS, typed)[0]?.name;
    expect(first("blur")).toBe("blur");
    expect(first("gauss")).toBe("blur");
    expect(first("unsharp")).toBe("unsharp_mask");
    expect(first("mirror")).toBeOneOf(["flip", "flop"]);
    expect(first("black and white")).toBe("grayscale");
    expect(first("denoise")).toBeOneOf(["median", "bilateral"]);
    expect(findOps(TRANSFORMS, "zzz")).toEqual([]);
    expect(findOps(TRANSFORMS, "").length).toBe(TRANSFORMS.length);
  });
});

describe("labels", () => {
  test("are read as people write them, and what is wrong is told", () => {
    expect(labelsOf(" project:alpha, team:web ,")).toEqual({ project: "alpha", team: "web" });
    expect(labelsOf("")).toBeUndefined();
    expect(labelFault("project:alpha")).toBeUndefined();
    expect(labelFault("project")).toContain("“project”");
  });
});

describe("a size estimate", () => {
  test("takes a small picture whole and three pieces of a large one, within it", () => {
    const small = piecesOf({ width: 600, height: 400 }, {}, "image/jpeg");
    expect(small).toEqual([{ region: { x: 0, y: 0, width: 600, height: 400 }, format: "jpeg", quality: 90 }]);
    for (const size of [
      { width: 4000, height: 3000 },
      { width: 100, height: 90_000 },
    ])
      for (const { region } of piecesOf(size, { format: "webp", quality: 40 }, "image/jpeg")) {
        expect(region.x + region.width).toBeLessThanOrEqual(size.width);
        expect(region.y + region.height).toBeLessThanOrEqual(size.height);
      }
    expect(piecesOf({ width: 10, height: 10 }, { format: "avif" }, "")).toEqual([]);
    expect(piecesOf({ width: 10, height: 10 }, {}, "image/gif")[0]?.format).toBe("png");
  });

  test("lies between the plainest and the busiest piece", () => {
    const region = { x: 0, y: 0, width: 500, height: 500 };
    const pieces = [10_700, 30_700].map((bytes) => ({ region, bytes }));
    const { least, most } = estimateFrom({ width: 5000, height: 5000 }, pieces);
    expect([least, most]).toEqual([1_500_700, 2_500_700]);
  });
});
