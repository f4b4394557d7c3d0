import type { TSchema } from "@sinclair/typebox";
import { expectation } from "../pipeline/expectation.ts";
import { formatSize } from "./size.ts";
import { SCHEMA, type Settings } from "./table.ts";

/** One row of the table. */
export interface Setting {
  /** As in the file, with a dot after its group: `kafka.brokers`. */
  readonly name: string;
  /** `TESSERA_KAFKA_BROKERS` */
  readonly variable: string;
  readonly group: SettingGroup | undefined;
  readonly schema: TSchema;
  readonly secret: boolean;
  readonly variableOnly: boolean;
  /** Its value is the path of a PEM file. */
  readonly pem: boolean;
}

export interface SettingGroup {
  /** The name of its table in the file. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
}

export const VARIABLE_PREFIX = "TESSERA_";

const rowsOf = (properties: Record<string, TSchema>, group?: SettingGroup): Setting[] =>
  Object.entries(properties).flatMap(([key, schema]) => {
    const { title = "", description = "", secret, variableOnly, pem } = schema;
    if (schema.type === "object") return rowsOf(schema.properties, { name: key, title, description });
    const name = group === undefined ? key : `${group.name}.${key}`;
    const variable = `${VARIABLE_PREFIX}${name.replace(".", "_").toUpperCase()}`;
    const marks = { secret: secret === true, variableOnly: variableOnly === true, pem: pem === true };
    return [{ name, variable, group, schema, ...marks }];
  });

/** In the order of the table. */
export const SETTINGS: readonly Setting[] = rowsOf(SCHEMA.properties);

/** The value of a setting in `settings`; undefined if it has none. */
export function valueIn(settings: Settings, { name }: Pick<Setting, "name">): unknown {
  const [first, second] = name.split(".") as [string, string?];
  const value: unknown = settings[first as keyof Settings];
  return second === undefined ? value : (value as Record<string, unknown>)[second];
}

/** What a setting may be, in words. */
export function expected({ schema }: Setting): string {
  if (schema.expected !== undefined) return schema.expected;
  if (schema.unit === "bytes")
    return `a size from ${formatSize(schema.minimum)} to ${formatSize(schema.maximum)}, in bytes or like "8 MiB"`;
  return schema.type === "string" ? "a text that is not empty" : expectation(schema);
}

/** A value as it would be written in a variable. */
export function shown({ schema }: Setting, value: unknown): string {
  if (schema.unit === "bytes") return formatSize(value as number);
  return Array.isArray(value) ? value.join(",") : String(value);
}
