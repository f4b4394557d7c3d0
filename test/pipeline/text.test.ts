import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { allOps } from "../../shared/ops/registry.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { formatText, parseText } from "../../shared/pipeline/text.ts";
import { stepOf } from "../ops/arbitrary.ts";

describe("parseText", () => {
  test("reads names, numbers, words, strings and lists", () => {
    expect(parseText("blur(sigma=2) | sharpen | rotate( angle = 90 )")).toEqual([
      { op: "blur", sigma: 2 },
      { op: "sharpen" },
      { op: "rotate", angle: 90 },
    ]);
    expect(
      parseText('x(a=-1.5e2, b=.5, c=true, d=false, e=word, f="two words", g=[1,[2,3],[]], h=#ff0000)'),
    ).toEqual([
      {
        op: "x",
        a: -150,
        b: 0.5,
        c: true,
        d: false,
        e: "word",
        f: "two words",
        g: [1, [2, 3], []],
        h: "#ff0000",
      },
    ]);
  });

  test("an empty text is no step, brackets may be empty, blanks don't matter", () => {
    expect(parseText(" \n ")).toEqual([]);
    expect(parseText("a()|b")).toEqual([{ op: "a" }, { op: "b" }]);
    expect(parseText("  a ( x = 1 ,y = 2 )\n|\tb  ")).toEqual([{ op: "a", x: 1, y: 2 }, { op: "b" }]);
  });

  test.each([
    ["blur |", "Expected the name of an operation at the end."],
    ["| blur", 'Expected the name of an operation at character 1, before "| blur".'],
    ["blur(sigma=2", "Expected ',' or ')' at the end."],
    ["blur(sigma)", "Expected '=' at character 11, before \")\"."],
    ["blur(sigma=)", 'Expected a value at character 12, before ")".'],
    ["blur(sigma=2,)", 'Expected the name of a parameter at character 14, before ")".'],
    ["blur(sigma=1, sigma=2)", "'sigma' stands twice at character 15, before \"sigma=2)\"."],
    ["blur(op=invert)", "'op' stands twice at character 6, before \"op=invert)\"."],
    ["blur sharpen", "Expected '|' or the end at character 6, before \"sharpen\"."],
    ["x(a=1.2.3)", 'Expected a value at character 5, before "1.2.3)".'],
    ["x(a=[1,2)", "Expected ',' or ']' at character 9, before \")\"."],
    ['x(a="\\q")', 'A string is not written as in JSON at character 9, before ")".'],
    ['x(a="open)', 'Expected a value at character 5, before "\\"open)".'],
  ])("%s", (text, detail) => {
    expect(() => parseText(text)).toThrow(expect.objectContaining({ code: "pipeline_syntax", detail }));
  });

  test("P5: a number without end that is none is gone through once", () => {
    const digits = "1".repeat(400_000);
    for (const number of [`${digits}x`, `${digits}.${digits}x`, `.${digits}x`, `1e${digits}x`])
      expect(() => parseText(`blur(sigma=${number})`)).toThrow(
        expect.objectContaining({ code: "pipeline_syntax" }),
      );
  });

  test("a list nested beyond reason is refused, however deep", () => {
    for (const depth of [5, 100_000]) {
      const text = `x(a=${"[".repeat(depth)}`;
      expect(() => parseText(text)).toThrow(expect.objectContaining({ code: "pipeline_syntax" }));
    }
  });

  test("names of the language's own objects are only names", () => {
    const [step] = parseText("blur(__proto__=1, constructor=2)");
    expect(Object.keys(step!)).toEqual(["op", "__proto__", "constructor"]);
    expect(Object.getPrototypeOf(step)).toBe(Object.prototype);
  });
});

describe("formatText", () => {
  test("parseText gives back what it wrote, for every op", () => {
    const steps = fc.array(fc.constantFrom(...allOps()).chain(stepOf), { maxLength: 5 });
    fc.assert(fc.property(steps, (drawn) => expect(parseText(formatText(drawn))).toEqual(plain(drawn))));
  });

  test("parseText gives back any value", () => {
    const word = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/).filter((name) => name !== "op");
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    const leaf = fc.oneof(
      fc.string(),
      fc.boolean(),
      fc.integer(),
      number,
      fc.constantFrom("true", "1", "", "a\nb"),
    );
    const value = fc.oneof(leaf, fc.array(leaf), fc.array(fc.array(leaf)));
    const step = fc
      .tuple(word, fc.dictionary(word, value, { noNullPrototype: true }))
      .map(([op, rest]) => ({ op, ...rest }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 4 }), (steps) => {
        expect(parseText(formatText(plain(steps)))).toEqual(plain(steps));
      }),
    );
  });

  test("any text is read or refused with a code, never more", () => {
    const piece = fc.constantFrom(
      ...'blur ( ) [ ] , = | " \\ # 1 -. e5 true sigma=2 __proto__ \n é \u0000'.split(" "),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          parsePipeline(pieces.join(""));
        } catch (error) {
          expect((error as { code: string }).code).toStartWith("pipeline_");
        }
      }),
      { numRuns: 1000 },
    );
  });
});

/** −0 is 0 in JSON and in text. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));
