/** What a request says, read as its route's schemas have it. */
import { OptionalKind, type Static, type TObject, type TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { TesseraError } from "../../shared/errors.ts";
import { expectation } from "../../shared/pipeline/expectation.ts";

/**
 * Texts by name, as they stand in a path, a query, headers or a form's fields.
 *
 * @throws request_invalid for a name that the schema does not have, or a value that is not what it says
 */
export function readTexts<T extends TObject>(
  schema: T,
  texts: Readonly<Record<string, string | undefined>>,
): Static<T> {
  const values: Record<string, unknown> = Object.create(null);
  for (const [name, text] of Object.entries(texts)) {
    if (text === undefined) continue;
    const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (property === undefined)
      throw new TesseraError("request_invalid", `There is no option '${name.slice(0, 60)}'.`);
    const value = readText(property, text);
    if (value === undefined || !Value.Check(property, value))
      throw new TesseraError("request_invalid", `${name}: expected ${expectation(property)}.`);
    values[name] = value;
  }
  for (const [name, property] of Object.entries(schema.properties)) {
    if (values[name] !== undefined) continue;
    if (property.default !== undefined) values[name] = property.default;
    else if (property[OptionalKind] !== "Optional")
      throw new TesseraError("request_invalid", `${name}: is missing; expected ${expectation(property)}.`);
  }
  return { ...values } as Static<T>;
}

/** Undefined if the text is nothing of the kind. */
function readText(schema: TSchema, text: string): unknown {
  switch (schema.type) {
    case "integer":
    case "number":
      return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "array":
      return text.split(",").map((one) => readText(schema.items as TSchema, one.trim()));
    default:
      return text;
  }
}

/** A body of JSON. @throws request_invalid that names the first place that is wrong */
export function readJson<T extends TSchema>(schema: T, text: string): Static<T> {
  let value: unknown;
  try {
    // What could be taken for an object's own parentage is no field of ours.
    value = JSON.parse(text, (name, held) => (name === "__proto__" ? undefined : held));
  } catch (cause) {
    throw new TesseraError("request_invalid", "The body is not JSON.", { cause });
  }
  const fault = Value.Errors(schema, value).First();
  if (fault !== undefined) {
    const where = fault.path === "" ? "The body" : `The body's ${fault.path.slice(0, 100)}`;
    throw new TesseraError("request_invalid", `${where}: expected ${expectation(fault.schema)}.`);
  }
  return value as Static<T>;
}
