/** The parts of a JSON Schema that ops' parameters use. */
interface ParameterSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly ParameterSchema[];
  readonly items?: ParameterSchema;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly unit?: string;
}

/** What a parameter's schema allows, in words: "a number from 0.1 to 100 (px)". */
export function expectation(schema: object): string {
  const { unit } = schema as ParameterSchema;
  const text = words(schema as ParameterSchema);
  return unit === undefined || unit === "" ? text : `${text} (${unit})`;
}

/** The values that a parameter may have, if there is a list of them. */
export function choicesOf(schema: object): unknown[] | undefined {
  const { anyOf } = schema as ParameterSchema;
  const literal = anyOf?.every((choice) => choice.const !== undefined) ?? false;
  return literal ? anyOf?.map((choice) => choice.const) : undefined;
}

function words(schema: ParameterSchema): string {
  const choices = choicesOf(schema);
  if (choices !== undefined) return `one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`;
  const { anyOf } = schema;
  if (anyOf?.every(({ type }) => type === "array"))
    return `a list of ${either(anyOf.map(countOf))} ${plural(anyOf[0]?.items ?? {})}`;
  if (anyOf !== undefined) return either(anyOf.map(words));
  switch (schema.type) {
    case "number":
      return `a number${rangeOf(schema)}`;
    case "integer":
      return `a whole number${rangeOf(schema)}`;
    case "boolean":
      return "true or false";
    case "array":
      return `a list of ${countOf(schema)} ${plural(schema.items ?? {})}`;
    case "object":
      return ["an object", ...(schema.required ?? [])].join(" with ");
    default:
      return textOf(schema);
  }
}

function textOf({
  format,
  pattern,
  examples,
  default: usual,
  minLength = 0,
  maxLength,
}: ParameterSchema): string {
  if (format === "date-time") return 'a time like "2026-01-31T12:00:00Z"';
  const example = examples?.[0] ?? usual;
  const like = pattern === undefined || example === undefined ? "" : ` like ${JSON.stringify(example)}`;
  const least = minLength > 0 ? `${minLength} to ` : "at most ";
  return `a text${like}${maxLength === undefined ? "" : ` of ${least}${maxLength} characters`}`;
}

function plural(items: ParameterSchema): string {
  if (items.type === "array") return `lists of ${countOf(items)} ${plural(items.items ?? {})}`;
  if (items.type === "integer") return `whole numbers${rangeOf(items)}`;
  return items.type === "number" ? `numbers${rangeOf(items)}` : "values";
}

function rangeOf({ minimum, maximum }: ParameterSchema): string {
  if (minimum === undefined) return maximum === undefined ? "" : ` of at most ${maximum}`;
  return maximum === undefined ? ` of at least ${minimum}` : ` from ${minimum} to ${maximum}`;
}

const countOf = ({ minItems, maxItems }: ParameterSchema): string =>
  minItems === maxItems ? String(minItems ?? "any") : `${minItems ?? 0} to ${maxItems ?? "any"}`;

const either = (texts: readonly string[]): string =>
  texts.length < 2 ? texts.join() : `${texts.slice(0, -1).join(", ")} or ${texts.at(-1)}`;
