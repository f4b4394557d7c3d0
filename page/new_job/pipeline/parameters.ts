/** What the schemas of ops' parameters say about how a value is chosen, shown and checked. */
import type { Geometry } from "../../../shared/api/geometries.ts";
import { choicesOf, expectation } from "../../../shared/pipeline/expectation.ts";
import type { Params } from "../recipe.ts";

/** The parts of JSON Schema that parameters use. */
export interface ParameterSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly ParameterSchema[];
  readonly items?: ParameterSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly default?: unknown;
  readonly title?: string;
  readonly unit?: string;
  readonly description?: string;
}

/** An op as `GET /v1/transforms` tells of it. */
export interface Transform {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly definition: string;
  readonly geometry: Geometry;
  readonly params: { readonly properties?: Readonly<Record<string, ParameterSchema>> };
}

export interface Range {
  readonly minimum: number;
  readonly maximum: number;
  readonly isWhole: boolean;
}

/** What a value is chosen with. */
export type Control =
  | { readonly kind: "slider"; readonly range: Range }
  | { readonly kind: "number"; readonly range: Range }
  | { readonly kind: "choice"; readonly choices: readonly (string | number)[] }
  | { readonly kind: "switch" }
  | { readonly kind: "colour"; readonly hasAlpha: boolean }
  | { readonly kind: "numbers"; readonly counts: readonly number[] }
  | { readonly kind: "curve" }
  | { readonly kind: "values" };

/** Wider ranges are for typing: a slider could not hit anything. Two turns of a circle are just narrow enough. */
const SLIDER_WIDTH_MAX = 720;
/** Ranges over so many times their lowest value are felt by ratio. */
const RATIO = 50;

export function controlOf(schema: ParameterSchema): Control {
  const choices = choicesOf(schema) as (string | number)[] | undefined;
  if (choices !== undefined) return { kind: "choice", choices };
  if (schema.type === "boolean") return { kind: "switch" };
  if (schema.type === "string" && schema.pattern?.startsWith("^#") === true)
    return { kind: "colour", hasAlpha: schema.pattern.includes("{8}") };
  if (schema.type === "number" || schema.type === "integer") {
    const { minimum = -Infinity, maximum = Infinity } = schema;
    const range = { minimum, maximum, isWhole: schema.type === "integer" };
    return { kind: maximum - minimum <= SLIDER_WIDTH_MAX ? "slider" : "number", range };
  }
  const lists = schema.anyOf ?? [schema];
  const isNumbers = lists.every(
    ({ type, items }) => type === "array" && /number|integer/.test(items?.type ?? ""),
  );
  if (isNumbers) return { kind: "numbers", counts: lists.map(({ maxItems = 1 }) => maxItems) };
  const isCurve = lists.some(({ items }) => items?.items?.minimum === 0 && items.items.maximum === 1);
  return { kind: isCurve ? "curve" : "values" };
}

const byRatio = ({ minimum, maximum }: Range): boolean => minimum > 0 && maximum / minimum >= RATIO;

/** Positions of a slider. */
export const POSITIONS = 1000;

/** Where a slider stands for a value. */
export function positionOf(range: Range, value: number): number {
  const { minimum, maximum } = range;
  const share = byRatio(range)
    ? Math.log(value / minimum) / Math.log(maximum / minimum)
    : (value - minimum) / (maximum - minimum);
  return Math.round(Math.min(1, Math.max(0, share)) * POSITIONS);
}

/** The value that a slider stands for, with no more digits than its place tells apart. */
export function valueAt(range: Range, position: number): number {
  const { minimum, maximum, isWhole } = range;
  const share = position / POSITIONS;
  const exact = byRatio(range)
    ? minimum * (maximum / minimum) ** share
    : minimum + share * (maximum - minimum);
  const round = isWhole
    ? Math.round(exact)
    : byRatio(range)
      ? Number(exact.toPrecision(2))
      : coarse(exact, range);
  return Math.min(maximum, Math.max(minimum, round));
}

/** To the power of ten that is a two-hundredth of the range or less. */
function coarse(value: number, { minimum, maximum }: Range): number {
  const digits = Math.max(0, Math.ceil(-Math.log10((maximum - minimum) / 200)));
  return Number(value.toFixed(digits));
}

/** The value next to one, in steps that suit the range: for arrow keys. */
export function nextTo(range: Range, value: number, steps: number): number {
  const { minimum, maximum, isWhole } = range;
  const clamp = (next: number) => Math.min(maximum, Math.max(minimum, next));
  if (isWhole) return clamp(Math.round(value) + steps);
  if (byRatio(range)) {
    const unit = 10 ** (Math.floor(Math.log10(Math.max(value, minimum)) + 1e-9) - 1);
    return clamp(Number((value + steps * unit).toPrecision(3)));
  }
  const unit = 10 ** -Math.max(0, Math.ceil(-Math.log10((maximum - minimum) / 200)));
  return clamp(Number((value + steps * unit).toPrecision(9)));
}

/** What is wrong with a value, in words; nothing if it may be so. One that is left out may always be so here. */
export const faultOf = (schema: ParameterSchema, value: unknown): string | undefined =>
  value === undefined || fits(schema, value) ? undefined : `Expected ${expectation(schema)}.`;

function fits(schema: ParameterSchema, value: unknown): boolean {
  if (schema.anyOf !== undefined) return schema.anyOf.some((choice) => fits(choice, value));
  if (schema.const !== undefined) return value === schema.const;
  const {
    minimum = -Infinity,
    maximum = Infinity,
    minItems = 0,
    maxItems = Infinity,
    items,
    pattern,
  } = schema;
  switch (schema.type) {
    case "boolean":
      return typeof value === "boolean";
    case "string":
      return typeof value === "string" && (pattern === undefined || new RegExp(pattern).test(value));
    case "array":
      return (
        Array.isArray(value) &&
        value.length >= minItems &&
        value.length <= maxItems &&
        (items === undefined || value.every((item) => fits(items, item)))
      );
    default:
      return (
        typeof value === "number" &&
        Number.isFinite(value) &&
        value >= minimum &&
        value <= maximum &&
        (schema.type !== "integer" || Number.isInteger(value))
      );
  }
}

/** A value with its unit, short. */
export function shownValue({ unit = "" }: ParameterSchema, value: unknown): string {
  if (typeof value === "number") {
    const tail = unit === "" || unit === "level" ? "" : unit === "°" ? "°" : ` ${unit}`;
    return `${value}${tail}`;
  }
  if (Array.isArray(value)) return `${value.flat().length} numbers`;
  return String(value);
}

/** What a step's parameters are, with the defaults of those that are left out. */
export const parameterOf = (schema: ParameterSchema, name: string, params: Params): unknown =>
  Object.hasOwn(params, name) ? params[name] : schema.default;
