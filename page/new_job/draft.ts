/** The job that is being put together. It stays while one looks at other views. */
import { batch, computed, effect, signal } from "@preact/signals";
import { attempt } from "../shell/notices.tsx";
import { place, setSearch } from "../shell/router.ts";
import { begun, changed, type History, redone, settled, undone } from "./history.ts";
import { announce } from "./pipeline/announce.ts";
import { EMPTY, pipelineText, type Recipe } from "./recipe.ts";
import { hasRecipe, recipeFrom, searchOf } from "./recipe_address.ts";

const history = signal<History<Recipe>>(begun(EMPTY));

export const recipe = computed(() => history.value.now);
export const pipeline = computed(() => pipelineText(recipe.value));
/** Whether something is being dragged, or typed: what is seen has to follow quickly, and may be coarser. */
export const isMoving = signal(false);
export const canUndo = computed(() => history.value.past.length > 0);
export const canRedo = computed(() => history.value.future.length > 0);

/** Who holds still for so long wants to see it well. */
const STILL_MS = 250;
let stillness: ReturnType<typeof setTimeout> | undefined;

/** A change to be undone by itself, or with all others of its gesture. */
export function change(to: (recipe: Recipe) => Recipe, gesture?: string): void {
  batch(() => {
    isMoving.value = gesture !== undefined;
    history.value = changed(history.value, to(recipe.value), gesture);
  });
  clearTimeout(stillness);
  if (gesture !== undefined) stillness = setTimeout(hold, STILL_MS);
}

const hold = (): void => {
  isMoving.value = false;
};

/** The gesture has ended. */
export function settle(): void {
  hold();
  history.value = settled(history.value);
}

export function undo(): void {
  history.value = undone(history.value);
  announce(`Undone. The pipeline is ${pipeline.value || "empty"}.`);
}

export function redo(): void {
  history.value = redone(history.value);
  announce(`Redone. The pipeline is ${pipeline.value || "empty"}.`);
}

/** Browsers take only so many changes of an address in a time. */
const ADDRESS_AFTER_MS = 300;

/**
 * Keeps the draft and the address alike while the view is shown: what the address says when one comes is taken up, what
 * changes later is written there.
 *
 * @returns how to end it
 */
export function followAddress(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let written: string | undefined;
  const write = () => {
    const search = searchOf(recipe.value);
    written = JSON.stringify(sorted(search));
    setSearch(search);
  };
  const endReading = effect(() => {
    const { view, search } = place.value;
    if (view !== "newJob") return;
    const said = signatureOf(search);
    if (said === written) return;
    written = said;
    // One that cannot be read is told of, and changes nothing.
    if (hasRecipe(search)) void attempt(async () => take(search));
  });
  const endWriting = effect(() => {
    searchOf(recipe.value);
    clearTimeout(timer);
    timer = setTimeout(write, ADDRESS_AFTER_MS);
  });
  return () => {
    clearTimeout(timer);
    endReading();
    endWriting();
  };
}

/** What an address says becomes the draft, if it is something else. @throws pipeline_syntax */
function take(search: URLSearchParams): void {
  const said = recipeFrom(search);
  if (JSON.stringify(sorted(searchOf(said))) === JSON.stringify(sorted(searchOf(recipe.peek())))) return;
  history.value = changed(history.peek(), said);
}

const sorted = (search: Readonly<Record<string, string | undefined>>) =>
  Object.entries(search)
    .filter(([, value]) => value !== undefined && value !== "")
    .sort(([one], [other]) => one.localeCompare(other));

const signatureOf = (search: URLSearchParams): string => JSON.stringify(sorted(Object.fromEntries(search)));
