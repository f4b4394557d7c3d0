/** A recipe in the page's address, so that a link shares it. Names and values are those of the API. */
import { OUTPUT_FORMATS, type OutputFormat } from "../../shared/api/output.ts";
import { formatText, parseText } from "../../shared/pipeline/text.ts";
import { EMPTY, type Options, type PlainStep, plain, type Recipe, stepOf } from "./recipe.ts";

/** Servers and proxies refuse addresses that are much longer. */
const CHARACTERS_MAX = 6000;

const NUMBERS = ["quality", "effort", "tile_size", "priority"] as const;
const TEXTS = ["background", "labels", "expires_in", "webhook"] as const;
const NAMES = ["format", "lossless", "metadata", "profile", ...NUMBERS, ...TEXTS] as const;

/** What stands in the address; what is undefined does not. All steps stand there, and which of them are off. */
export function searchOf({ steps, options }: Recipe): Record<string, string | undefined> {
  const text = formatText(steps.map(plain));
  const off = steps.flatMap(({ on }, i) => (on ? [] : [i + 1]));
  const fits = encodeURIComponent(text).length <= CHARACTERS_MAX;
  return {
    pipeline: fits && text !== "" ? text : undefined,
    off: fits && off.length > 0 ? off.join(",") : undefined,
    ...Object.fromEntries(
      NAMES.map((name) => [name, options[name] === undefined ? undefined : String(options[name])]),
    ),
  };
}

/** Whether a link can hold it. */
export const isSharable = ({ steps }: Recipe): boolean =>
  encodeURIComponent(formatText(steps.map(plain))).length <= CHARACTERS_MAX;

/** Whether the address says anything of a recipe. */
export const hasRecipe = (search: URLSearchParams): boolean =>
  ["pipeline", ...NAMES].some((name) => search.has(name));

/** What an address says; what it says wrongly is left out. @throws pipeline_syntax */
export function recipeFrom(search: URLSearchParams): Recipe {
  const off = new Set((search.get("off") ?? "").split(",").map(Number));
  const steps = parsedSteps(search.get("pipeline") ?? "");
  return {
    ...EMPTY,
    steps: steps.map((step, i) => stepOf(step, !off.has(i + 1))),
    options: optionsFrom(search),
  };
}

/** The text form, or JSON as the API takes it too. @throws pipeline_syntax */
export function parsedSteps(text: string): PlainStep[] {
  if (!text.trimStart().startsWith("[")) return parseText(text) as PlainStep[];
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.every(isStep)) return list;
  } catch {
    // It is said below, in the parser's own words.
  }
  return parseText(text) as PlainStep[];
}

const isStep = (value: unknown): value is PlainStep =>
  typeof value === "object" && value !== null && "op" in value && typeof value.op === "string";

function optionsFrom(search: URLSearchParams): Options {
  const options: Record<string, unknown> = {};
  const keep = (name: keyof Options, value: unknown, isFine: boolean) => {
    if (isFine) options[name] = value;
  };
  for (const name of NAMES) {
    const text = search.get(name);
    if (text === null || text === "") continue;
    if (name === "format") keep(name, text, OUTPUT_FORMATS.includes(text as OutputFormat));
    else if (name === "lossless") keep(name, text === "true", text === "true" || text === "false");
    else if (name === "metadata") keep(name, text, text === "keep" || text === "strip");
    else if (name === "profile") keep(name, text, text === "srgb" || text === "keep");
    else if ((NUMBERS as readonly string[]).includes(name)) keep(name, Number(text), /^\d{1,6}$/.test(text));
    else keep(name, text, true);
  }
  return options as Options;
}
