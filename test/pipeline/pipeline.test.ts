import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { allOps } from "../../shared/ops/registry.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { formatText } from "../../shared/pipeline/text.ts";
import { stepOf } from "../ops/arbitrary.ts";

const refusal = (code: string, detail: unknown) => expect.objectContaining({ code, detail });

describe("parsePipeline", () => {
  test("fills in defaults, alike from text, JSON, names and objects", () => {
    const expected = [
      { op: "blur", sigma: 5 },
      { op: "rotate", angle: 270 },
    ];
    expect(parsePipeline("blur | rotate(angle=270)")).toEqual(expected);
    expect(parsePipeline('["blur", {"op": "rotate", "angle": 270}]')).toEqual(expected);
    expect(parsePipeline(["blur", { op: "rotate", angle: 270 }])).toEqual(expected);
    expect(parsePipeline([])).toEqual([]);
  });

  test("optional parameters stay away, defaults are never shared", () => {
    expect(parsePipeline("resize(width=10)")).toEqual([{ op: "resize", width: 10, kernel: "lanczos3" }]);
    const [first] = parsePipeline("channel_mix") as unknown as [{ red: number[] }];
    first.red[0] = 99;
    expect(parsePipeline("channel_mix")[0]).toMatchObject({ red: [1, 0, 0] });
  });

  test("every op can be written without parameters", () => {
    for (const { name } of allOps()) expect(parsePipeline(name)[0]!.op).toBe(name);
  });

  test("what is valid stays what it is, through text and through JSON", () => {
    const steps = fc.array(fc.constantFrom(...allOps()).chain(stepOf), { maxLength: 4 });
    fc.assert(
      fc.property(steps, (drawn) => {
        const valid = parsePipeline(JSON.stringify(drawn));
        expect(parsePipeline(JSON.stringify(valid))).toEqual(valid);
        expect(parsePipeline(formatText(valid))).toEqual(valid);
      }),
    );
  });
});

describe("a pipeline that is not valid names the step, the parameter and what was expected", () => {
  test.each([
    ["blurr", "Step 1: there is no op 'blurr'. Did you mean blur"],
    ["invert | gray", "Step 2: there is no op 'gray'. Did you mean grayscale?"],
    ["zzzzzzzzzzzz", "Step 1: there is no op 'zzzzzzzzzzzz'. There is: grayscale, "],
    ["blur(sigm=2)", "Step 1, blur: there is no parameter 'sigm'. Did you mean sigma?"],
    ["invert(x=1)", "Step 1, invert: there is no parameter 'x'. It takes none."],
    ["blur(sigma=0)", "Step 1, blur, sigma: it is 0, expected a number from 0.1 to 100 (px)."],
    ["blur(sigma=[1])", "Step 1, blur, sigma: it is [1], expected a number from 0.1 to 100 (px)."],
    ["blur(sigma=1e999)", "Step 1, blur, sigma: it is null, expected a number"],
    ["invert | rotate(angle=45)", "Step 2, rotate, angle: it is 45, expected one of 90, 180, 270 (°)."],
    ["resize(kernel=lanczos)", 'expected one of "lanczos3", "bicubic", "nearest". Did you mean lanczos3?'],
    [
      "resize(width=1.5)",
      "Step 1, resize, width: it is 1.5, expected a whole number from 1 to 1000000 (px).",
    ],
    ["pad(color=red)", 'Step 1, pad, color: it is "red", expected a text like "#000000".'],
    ["channel_mix(red=[1,2])", "channel_mix, red: it is [1,2], expected a list of 3 numbers from -10 to 10."],
    [
      "channel_mix(red=[1,2,99])",
      "channel_mix, red: it is [1,2,99], expected a list of 3 numbers from -10 to 10.",
    ],
    ["curve(points=[0,1])", "expected a list of 1 or 3 lists of 2 to 4096 numbers from 0 to 1."],
    [
      "convolve(kernel=[1])",
      "convolve, kernel: it is [1], expected a list of 9, 25 or 49 numbers from -1000 to 1000.",
    ],
  ])("%s", (text, sentence) => {
    expect(() => parsePipeline(text)).toThrow(refusal("pipeline_invalid", expect.stringContaining(sentence)));
  });

  test.each([
    [null, "A pipeline is a list of steps."],
    [{ op: "blur" }, "A pipeline is a list of steps."],
    [[1], 'Step 1: expected an object with "op".'],
    [["blur", ["blur"]], 'Step 2: expected an object with "op".'],
    [[{}], 'Step 1: expected "op" to be the name of an operation.'],
    [[{ op: 5 }], 'Step 1: expected "op" to be the name of an operation.'],
  ])("%j", (source, detail) => {
    expect(() => parsePipeline(source)).toThrow(refusal("pipeline_invalid", detail));
  });

  test("broken JSON is a fault of syntax", () => {
    expect(() => parsePipeline('[{"op": "blur"')).toThrow(
      refusal("pipeline_syntax", "It is not valid JSON."),
    );
  });
});

describe("hostile pipelines", () => {
  test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
    "%s is no op and no parameter",
    (name) => {
      const invalid = refusal("pipeline_invalid", expect.stringContaining(`'${name}'`));
      expect(() => parsePipeline([name])).toThrow(invalid);
      expect(() => parsePipeline(`invert(${name}=1)`)).toThrow(invalid);
      expect(() => parsePipeline(`[{"op": "invert", "${name}": {"polluted": true}}]`)).toThrow(invalid);
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    },
  );

  test("ten thousand steps are too many, in each form", () => {
    const long = refusal("pipeline_too_long", expect.stringContaining("10000"));
    const names = Array.from({ length: 10_000 }, () => "invert");
    for (const source of [names, names.join("|"), JSON.stringify(names)])
      expect(() => parsePipeline(source)).toThrow(long);
    expect(parsePipeline(names.slice(0, 100))).toHaveLength(100);
    expect(() => parsePipeline(names.slice(0, 101))).toThrow(
      refusal("pipeline_too_long", expect.any(String)),
    );
  });

  test("a text of megabytes is not read", () => {
    expect(() => parsePipeline(" ".repeat(2_000_000))).toThrow(
      refusal("pipeline_too_long", expect.any(String)),
    );
  });

  test("nested without end: refused, and the stack survives", () => {
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    expect(() => parsePipeline(deep)).toThrow(expect.objectContaining({ name: "TesseraError" }));
    const invalid = refusal("pipeline_invalid", expect.stringContaining("nested too deeply"));
    for (const depth of [6, 200_000]) {
      let value: unknown = 1;
      for (let i = 0; i < depth; i++) value = [value];
      expect(() => parsePipeline([{ op: "blur", sigma: value }])).toThrow(invalid);
      expect(() => parsePipeline([{ op: "curve", points: value }])).toThrow(invalid);
    }
  });

  test("what was sent comes back short", () => {
    try {
      parsePipeline([{ op: "x".repeat(100_000) }]);
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(1000);
    }
  });
});
