/** Finding an op by what somebody types. */
import type { Transform } from "./parameters.ts";

/** Those that fit, the best first; all of them by their titles if nothing is typed. */
export function findOps(transforms: readonly Transform[], typed: string): readonly Transform[] {
  const words = typed
    .toLowerCase()
    .split(/[\s_-]+/)
    .filter(Boolean);
  if (words.length === 0) return transforms.toSorted((one, other) => one.title.localeCompare(other.title));
  return transforms
    .map((transform) => ({ transform, rank: rankOf(transform, words) }))
    .filter(({ rank }) => rank < NOWHERE)
    .sort((one, other) => one.rank - other.rank || one.transform.title.localeCompare(other.transform.title))
    .map(({ transform }) => transform);
}

const NOWHERE = 100;

/** What people call some ops elsewhere. */
const ALSO: Readonly<Record<string, string>> = {
  blur: "soften gauss smooth",
  box_blur: "mean average smooth",
  bilateral: "denoise smooth noise surface",
  brightness: "lighter darker exposure",
  crop: "cut trim",
  edge_detection: "sobel outline",
  flip: "mirror vertical",
  flop: "mirror horizontal",
  gamma: "midtones exposure",
  grayscale: "grey black white monochrome desaturate",
  invert: "negative",
  levels: "exposure",
  median: "denoise noise despeckle",
  otsu_threshold: "binarize black white scan",
  pad: "border margin frame",
  pixelate: "mosaic censor blocks",
  resize: "scale thumbnail smaller larger",
  rotate: "turn",
  saturation: "vibrance colourful colorful",
  sepia: "old brown vintage",
  sharpen: "crisp",
  threshold: "binarize black white",
  tint: "colorize colourize tone",
  unsharp_mask: "sharpen crisp usm",
};

/** The sum over all words; less is better. */
function rankOf(transform: Transform, words: readonly string[]): number {
  return words.reduce((sum, word) => sum + Math.min(NOWHERE, rankOfWord(transform, word)), 0);
}

function rankOfWord({ name, title, summary }: Transform, word: string): number {
  if (name === word) return -2;
  if (name.startsWith(word)) return -1;
  const titleWords = `${title} ${name.replaceAll("_", " ")}`.toLowerCase();
  if (titleWords.startsWith(word)) return 0;
  if (titleWords.includes(` ${word}`)) return 1;
  if (titleWords.includes(word)) return 2;
  if (` ${ALSO[name] ?? ""}`.includes(` ${word}`)) return 3;
  return ` ${summary.toLowerCase()}`.includes(` ${word}`) ? 4 : NOWHERE;
}
