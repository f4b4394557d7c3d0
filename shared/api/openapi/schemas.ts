import type { TSchema } from "@sinclair/typebox";

/** A JSON Schema as plain JSON. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** Gathers the schemas that have an `$id`, so that each stands in the document once. */
export class SchemaCollector {
  private readonly found = new Map<string, JsonSchema>();

  /** The schema as the document shows it: what has an `$id` becomes a reference to it. */
  add(schema: TSchema): JsonSchema {
    return this.shown(JSON.parse(JSON.stringify(schema)) as JsonSchema) as JsonSchema;
  }

  /** All that was gathered, by name, in the order of names. */
  get components(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private shown(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.shown(one));
    if (typeof value !== "object" || value === null) return value;
    const { $id, ...rest } = value as JsonSchema;
    const inner = plain(
      Object.fromEntries(Object.entries(rest).map(([keyword, held]) => [keyword, this.shown(held)])),
    );
    if (typeof $id !== "string") return inner;
    const known = this.found.get($id);
    if (known !== undefined && !Bun.deepEquals(known, inner))
      throw new Error(`two unlike schemas are called ${$id}`);
    this.found.set($id, inner);
    return { $ref: `#/components/schemas/${$id}` };
  }
}

/** The same schema in the words that tools for OpenAPI know best. */
function plain(schema: JsonSchema): JsonSchema {
  const { anyOf, patternProperties, ...rest } = schema;
  if (Array.isArray(anyOf)) {
    const choices = anyOf as readonly JsonSchema[];
    if (choices.every((choice) => typeof choice.const === "string"))
      return { type: "string", enum: choices.map((choice) => choice.const), ...rest };
    return { anyOf, ...rest };
  }
  if (patternProperties !== undefined) {
    const [[pattern, held] = [], ...more] = Object.entries(patternProperties as JsonSchema);
    if (pattern === "^(.*)$" && more.length === 0) return { ...rest, additionalProperties: held };
    return { ...rest, patternProperties };
  }
  return schema;
}
