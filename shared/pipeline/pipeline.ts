import { Value } from "@sinclair/typebox/value";
import { TesseraError } from "../errors.ts";
import type { Op, Step } from "../ops/op.ts";
import { allOps, findOp } from "../ops/registry.ts";
import { choicesOf, expectation } from "./expectation.ts";
import { nearest } from "./nearest.ts";
import { parseText } from "./text.ts";

export { expectation } from "./expectation.ts";

const STEPS_MAX = 100;

/** Lists in lists, of a parameter's value. Beyond it JSON.stringify, for one, takes seconds. */
const NESTED_MAX = 5;

/** As JSON: every job of it is stored, listed and told with it. A step of three curves of 4096 numbers fits. */
const JSON_CHARACTERS_MAX = 128 << 10;

/** As it is sent, with all the space that people leave in it. */
const CHARACTERS_MAX = 1_000_000;

/**
 * Reads a pipeline: the text form, JSON text, or parsed JSON (an array of steps, or of names). Every parameter is
 * checked and filled in with its default.
 *
 * @throws TesseraError `pipeline_syntax`, `pipeline_too_long`, or `pipeline_invalid` naming the step, the parameter
 * and what was expected.
 */
export function parsePipeline(source: unknown): Step[] {
  const list = typeof source === "string" ? fromString(source) : source;
  if (!Array.isArray(list)) throw new TesseraError("pipeline_invalid", "A pipeline is a list of steps.");
  if (list.length > STEPS_MAX)
    throw new TesseraError("pipeline_too_long", `It has ${list.length}, at most ${STEPS_MAX} are allowed.`);
  if (isDeeper(list, NESTED_MAX + 2))
    throw new TesseraError("pipeline_invalid", "It has lists that are nested too deeply.");
  const steps = list.map((step, index) => validStep(step, index + 1));
  const characters = JSON.stringify(steps).length;
  if (characters > JSON_CHARACTERS_MAX)
    throw new TesseraError(
      "pipeline_too_long",
      `As JSON it has ${characters} characters, at most ${JSON_CHARACTERS_MAX} are allowed.`,
    );
  return steps;
}

/** Whether there are more objects and lists in each other than `most`. */
function isDeeper(value: object, most: number): boolean {
  if (most === 0) return true;
  const held: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return held.some((inner) => typeof inner === "object" && inner !== null && isDeeper(inner, most - 1));
}

function fromString(text: string): unknown {
  if (text.length > CHARACTERS_MAX)
    throw new TesseraError("pipeline_too_long", `At most ${CHARACTERS_MAX} characters are read.`);
  if (!text.trimStart().startsWith("[")) return parseText(text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TesseraError("pipeline_syntax", "It is not valid JSON.", { cause });
  }
}

function validStep(source: unknown, number: number): Step {
  const step = typeof source === "string" ? { op: source } : source;
  if (typeof step !== "object" || step === null || Array.isArray(step))
    throw new TesseraError("pipeline_invalid", `Step ${number}: expected an object with "op".`);
  const { op: name, ...given } = step as Record<string, unknown>;
  if (typeof name !== "string")
    throw new TesseraError(
      "pipeline_invalid",
      `Step ${number}: expected "op" to be the name of an operation.`,
    );
  const op = findOp(name);
  if (op === undefined) {
    const names = allOps().map((known) => known.name);
    throw new TesseraError(
      "pipeline_invalid",
      `Step ${number}: there is no op '${cut(name)}'.${suggest(name, names)}`,
    );
  }
  return { op: name, ...validParams(op, given, `Step ${number}, ${name}`) };
}

function validParams(op: Op, given: Record<string, unknown>, where: string): Record<string, unknown> {
  const known = Object.keys(op.params.properties);
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const has = known.length === 0 ? " It takes none." : suggest(name, known);
    throw new TesseraError("pipeline_invalid", `${where}: there is no parameter '${cut(name)}'.${has}`);
  }
  const params = { ...defaultsOf(op), ...given };
  const wrong = Value.Errors(op.params, params).First();
  if (wrong === undefined) return params;
  const name = wrong.path.split("/")[1] ?? "";
  const schema = op.params.properties[name] ?? wrong.schema;
  const value = Object.hasOwn(params, name) ? ` it is ${shown(params[name])},` : "";
  const meant = suggestChoice(schema, params[name]);
  throw new TesseraError(
    "pipeline_invalid",
    `${where}, ${name}:${value} expected ${expectation(schema)}.${meant}`,
  );
}

/** Only for what is missing: TypeBox's own Value.Default fills up the inside of a list that is too short, too. */
function defaultsOf(op: Op): Record<string, unknown> {
  const filled = Object.entries(op.params.properties).filter(([, schema]) => schema.default !== undefined);
  return Object.fromEntries(filled.map(([name, schema]) => [name, structuredClone(schema.default)]));
}

function suggest(name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  return close.length === 0 ? ` There is: ${known.join(", ")}.` : ` Did you mean ${close.join(" or ")}?`;
}

function suggestChoice(schema: object, given: unknown): string {
  const names = choicesOf(schema)?.filter((choice) => typeof choice === "string") ?? [];
  const close = typeof given === "string" ? nearest(given, names) : [];
  return close.length === 0 ? "" : ` Did you mean ${close.join(" or ")}?`;
}

const shown = (value: unknown): string => cut(JSON.stringify(value) ?? "undefined");

/** What a stranger sent, short enough to be shown. */
const cut = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text);
