import { Type } from "@sinclair/typebox";
import { curveOp } from "./op.ts";

const level = (value: number, title: string, description: string) =>
  Type.Number({ minimum: 0, maximum: 255, default: value, title, unit: "level", description });

const CHANNELS = ["red", "green", "blue"] as const;

export const levels = curveOp({
  name: "levels",
  title: "Levels",
  summary: "Sets which tones become black and white, and how the middle lies between them.",
  definition:
    "t = clamp((in − black) / (white − black), 0, 1); out = out_black + (out_white − out_black) · t^(1 / gamma), levels in 8-bit units. White at or below black splits the tones at black. A gray picture counts as red.",
  params: Type.Object({
    black: level(0, "Black point", "Tones up to this level become the darkest."),
    white: level(255, "White point", "Tones from this level on become the lightest."),
    gamma: Type.Number({
      minimum: 0.1,
      maximum: 10,
      default: 1,
      title: "Gamma",
      unit: "",
      description: "Above 1 lightens the middle tones, below 1 darkens them.",
    }),
    out_black: level(0, "Darkest output", "The level that the black point gets."),
    out_white: level(255, "Lightest output", "The level that the white point gets."),
    channel: Type.Union([Type.Literal("all"), ...CHANNELS.map((name) => Type.Literal(name))], {
      default: "all",
      title: "Channel",
      unit: "",
      description: "The colour channel that is changed, or all of them alike.",
    }),
  }),
  curve({ black, white, gamma, out_black, out_white, channel }, max, index) {
    if (channel !== "all" && channel !== CHANNELS[index]) return (v) => v;
    const unit = max / 255;
    const span = out_white - out_black;
    const power = 1 / gamma;
    return (v) => {
      const level = v / unit;
      const t = level <= black ? 0 : white <= black ? 1 : Math.min(1, (level - black) / (white - black));
      return unit * (out_black + span * t ** power);
    };
  },
});
