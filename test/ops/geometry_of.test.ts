import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Geometry } from "../../shared/api/geometries.ts";
import { contains, intersect, type Shape, wholeOf } from "../../shared/geometry.ts";
import { describeOps } from "../../shared/ops/describe.ts";
import { geometryOf } from "../../shared/ops/geometry_of.ts";
import { allOps } from "../../shared/ops/registry.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { inLong } from "../engine/harness.ts";
import { stepOf } from "./arbitrary.ts";

test("every op says what it does to geometry", () => {
  const namesOf = (wanted: Geometry) =>
    describeOps().flatMap(({ name, geometry }) => (geometry === wanted ? [name] : []));
  expect(namesOf("resizes").toSorted()).toEqual(["crop", "pad", "resize", "rotate", "rotate_90"]);
  expect(namesOf("moves").toSorted()).toEqual(["flip", "flop"]);
  expect(namesOf("in_place")).toHaveLength(allOps().length - 7);
});

test("what an op says of its geometry holds with whatever parameters", () => {
  const size = fc.integer({ min: 1, max: 300 });
  for (const op of allOps()) {
    if (op.kind === "curve" || op.kind === "matrix") continue;
    const geometry = geometryOf(op);
    if (geometry === "resizes") continue;
    const holds = (given: object, width: number, height: number) => {
      const [step] = parsePipeline([given]);
      const image: Shape = { width, height, channels: 4, depth: 8 };
      expect(op.output?.(image, step!) ?? image).toMatchObject({ width, height });
      if (geometry === "moves" || op.kind !== "area") return;
      const part = intersect({ x: width >> 2, y: height >> 1, width: 9, height: 7 }, wholeOf(image));
      expect(contains(op.window(part, image, step!), part)).toBe(true);
    };
    fc.assert(fc.property(stepOf(op), size, size, holds), { numRuns: inLong(20, 500) });
  }
});
