import { Type } from "@sinclair/typebox";
import { stretch } from "./histogram.ts";
import { statisticsOp } from "./op.ts";

export const autoContrast = statisticsOp({
  name: "auto_contrast",
  title: "Auto contrast",
  summary: "Spreads the tones from black to white; the colour balance stays.",
  definition:
    "levels with one black and one white point for all channels: the extremes of the BT.601 luma's histogram, the cutoff left out at each end. A picture of one tone stays as it is.",
  params: Type.Object({
    cutoff: Type.Number({
      minimum: 0,
      maximum: 49,
      default: 0.5,
      title: "Cutoff",
      unit: "%",
      description: "Share of the darkest and of the lightest pixels that may be lost.",
    }),
  }),
  resolve(statistics, { cutoff }) {
    return stretch(statistics, statistics.luma, cutoff, "all");
  },
});
