/** Labels as people write them: `name:value` with commas between them. */

const LABEL = /^([\w.-]{1,64}):([^,\p{Cc}]{0,256})$/u;

/** By name; undefined where there are none. What is not written so is left out: `labelFault` tells of it. */
export function labelsOf(text: string | undefined): Record<string, string> | undefined {
  const pairs = partsOf(text).flatMap((part) => {
    const found = LABEL.exec(part);
    return found === null ? [] : [[found[1]!, found[2]!.trim()] as const];
  });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

/** What is wrong with how they are written, in words. */
export function labelFault(text: string | undefined): string | undefined {
  const wrong = partsOf(text).find((part) => !LABEL.test(part));
  if (wrong === undefined) return undefined;
  return `“${wrong}” is not like project:alpha. Names have letters, digits, dots, underscores and hyphens.`;
}

const partsOf = (text = ""): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
