import { change } from "../draft.ts";
import { type Options, withOption } from "../recipe.ts";

/** Says an option; undefined is as usual. */
export const set = <K extends keyof Options>(
  name: K,
  value: Options[K] | undefined,
  isGesture = false,
): void => {
  change((before) => withOption(before, name, value), isGesture ? name : undefined);
};
