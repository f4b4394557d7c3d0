/** What is to be done with images, as it is being put together; every change gives a new one. */
import type { OutputFormat } from "../../shared/api/output.ts";
import { formatText } from "../../shared/pipeline/text.ts";

export type Params = Readonly<Record<string, unknown>>;

export interface RecipeStep {
  /** Tells it from others of the same op; it stays with the step wherever it goes. */
  readonly key: number;
  readonly op: string;
  readonly params: Params;
  /** Those that are off stay where they are and do nothing. */
  readonly on: boolean;
}

/** The options of a job beside its pipeline, by their names in the API; what is left out is as usual. */
export interface Options {
  readonly format?: OutputFormat;
  readonly quality?: number;
  readonly effort?: number;
  readonly lossless?: boolean;
  readonly metadata?: "keep" | "strip";
  readonly background?: string;
  readonly profile?: "srgb" | "keep";
  readonly tile_size?: number;
  readonly priority?: number;
  /** `name:value` with commas between them. */
  readonly labels?: string;
  readonly expires_in?: string;
  readonly webhook?: string;
}

export interface Recipe {
  readonly steps: readonly RecipeStep[];
  readonly options: Options;
}

export const EMPTY: Recipe = { steps: [], options: {} };

/** A step as the API has it. */
export type PlainStep = { readonly op: string } & Params;

let lastKey = 0;
const newKey = (): number => ++lastKey;

export const stepOf = ({ op, ...params }: PlainStep, on = true): RecipeStep => ({
  ...{ key: newKey(), op, params, on },
});

export const plain = ({ op, params }: RecipeStep): PlainStep => ({ op, ...params });

/** The steps that do something. */
export const active = ({ steps }: Recipe): readonly RecipeStep[] => steps.filter(({ on }) => on);

/** What is sent: the text form of the steps that do something. */
export const pipelineText = (recipe: Recipe): string => formatText(active(recipe).map(plain));

const withSteps = (recipe: Recipe, steps: readonly RecipeStep[]): Recipe => ({ ...recipe, steps });

export const added = (recipe: Recipe, step: RecipeStep, at = recipe.steps.length): Recipe =>
  withSteps(recipe, recipe.steps.toSpliced(at, 0, step));

export const removed = (recipe: Recipe, key: number): Recipe =>
  withSteps(
    recipe,
    recipe.steps.filter((step) => step.key !== key),
  );

/** The step goes where `to` is, counted without it; beyond the ends it stays at the end. */
export function moved(recipe: Recipe, key: number, to: number): Recipe {
  const from = recipe.steps.findIndex((step) => step.key === key);
  const target = Math.max(0, Math.min(recipe.steps.length - 1, to));
  if (from === -1 || from === target) return recipe;
  return withSteps(recipe, recipe.steps.toSpliced(from, 1).toSpliced(target, 0, recipe.steps[from]!));
}

const replaced = (recipe: Recipe, key: number, change: (step: RecipeStep) => RecipeStep): Recipe =>
  withSteps(
    recipe,
    recipe.steps.map((step) => (step.key === key ? change(step) : step)),
  );

export const toggled = (recipe: Recipe, key: number): Recipe =>
  replaced(recipe, key, (step) => ({ ...step, on: !step.on }));

export const withParams = (recipe: Recipe, key: number, params: Params): Recipe =>
  replaced(recipe, key, (step) => ({ ...step, params }));

/** A parameter that is undefined is left out. */
export const withParam = (recipe: Recipe, key: number, name: string, value: unknown): Recipe =>
  replaced(recipe, key, (step) => {
    const { [name]: _, ...others } = step.params;
    // In its place, where it has one: the text form keeps its order.
    const params = Object.hasOwn(step.params, name)
      ? { ...step.params, [name]: value }
      : { ...others, [name]: value };
    return { ...step, params: value === undefined ? others : params };
  });

export const withOption = <K extends keyof Options>(
  recipe: Recipe,
  name: K,
  value: Options[K] | undefined,
): Recipe => {
  const { [name]: _, ...others } = recipe.options;
  return { ...recipe, options: value === undefined ? others : { ...others, [name]: value } };
};

/**
 * Other active steps, as somebody has written them: those that are the same op in the same order keep their keys, and
 * steps that are off stay behind the step that they were behind.
 */
export function rewritten(recipe: Recipe, steps: readonly PlainStep[]): Recipe {
  const before = active(recipe);
  const kept = keptKeys(
    before.map(({ op }) => op),
    steps.map(({ op }) => op),
  );
  const after: RecipeStep[] = steps.map((step, i) => {
    const known = kept[i] === undefined ? undefined : before[kept[i]];
    return known === undefined ? stepOf(step) : { ...stepOf(step), key: known.key };
  });
  let behind = -1;
  for (const step of recipe.steps) {
    const at = after.findIndex(({ key }) => key === step.key);
    if (step.on) behind = at === -1 ? behind : at;
    else after.splice(++behind, 0, step);
  }
  return withSteps(recipe, after);
}

/** Of each new name which old one it was: alike from the front, and alike from the back. */
function keptKeys(before: readonly string[], after: readonly string[]): (number | undefined)[] {
  const kept: (number | undefined)[] = after.map(() => undefined);
  const shorter = Math.min(before.length, after.length);
  let front = 0;
  for (; front < shorter && before[front] === after[front]; front++) kept[front] = front;
  for (let back = 1; back <= shorter - front && before.at(-back) === after.at(-back); back++)
    kept[after.length - back] = before.length - back;
  return kept;
}
