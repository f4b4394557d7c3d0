import { Type } from "@sinclair/typebox";
import { curveOp } from "./op.ts";

const knots = Type.Array(Type.Number({ minimum: 0, maximum: 1 }), { minItems: 2, maxItems: 4096 });

export const curve = curveOp({
  name: "curve",
  title: "Tone curve",
  summary: "Maps tones by a curve of your own.",
  definition:
    "Each list gives the output, 0 to 1, at evenly spaced inputs from black to white; linear between them. One list for all colour channels, or one each for red, green and blue (a gray picture takes the first).",
  params: Type.Object({
    points: Type.Union(
      [
        Type.Array(knots, {
          minItems: 1,
          maxItems: 1,
        }),
        Type.Array(knots, { minItems: 3, maxItems: 3 }),
      ],
      {
        default: [[0, 1]],
        title: "Points",
        unit: "",
        description: "The curve's heights, evenly spaced: [[0, 1]] changes nothing, [[1, 0]] inverts.",
      },
    ),
  }),
  curve({ points }, max, channel) {
    const heights = points[channel] ?? points[0]!;
    const last = heights.length - 1;
    return (v) => {
      const position = (v * last) / max;
      const left = Math.min(Math.floor(position), last - 1);
      const a = heights[left]!;
      return max * (a + (heights[left + 1]! - a) * (position - left));
    };
  },
});
