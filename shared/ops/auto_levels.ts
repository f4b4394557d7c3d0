import { Type } from "@sinclair/typebox";
import { stretch } from "./histogram.ts";
import { statisticsOp } from "./op.ts";

export const autoLevels = statisticsOp({
  name: "auto_levels",
  title: "Auto levels",
  summary: "Spreads each colour channel from black to white, which also takes a colour cast away.",
  definition:
    "levels for each channel by itself: black and white are the extremes of its histogram, the cutoff left out at each end. A channel of one tone stays as it is.",
  params: Type.Object({
    cutoff: Type.Number({
      minimum: 0,
      maximum: 49,
      default: 0.5,
      title: "Cutoff",
      unit: "%",
      description: "Share of the darkest and of the lightest samples of each channel that may be lost.",
    }),
  }),
  resolve(statistics, { cutoff }) {
    const { channels, histograms } = statistics;
    if (channels === 1) return stretch(statistics, statistics.luma, cutoff, "all");
    const names = ["red", "green", "blue"] as const;
    return names.flatMap((name, index) => stretch(statistics, histograms[index]!, cutoff, name));
  },
});
