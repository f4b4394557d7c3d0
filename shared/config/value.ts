import { Value } from "@sinclair/typebox/value";
import { expected, type Setting } from "./setting.ts";
import { parseSize } from "./size.ts";
import type { Given } from "./sources.ts";

export type Checked =
  | { readonly ok: true; readonly value: unknown }
  /** `why` completes "port (TESSERA_PORT): …"; it does not show the value of a secret. */
  | { readonly ok: false; readonly why: string };

/** A given value as its setting has it. */
export function checked({ setting, value, origin }: Given): Checked {
  const meant = typeof value === "string" ? fromText(setting, value, origin.kind === "environment") : value;
  if (Value.Check(setting.schema, meant)) return { ok: true, value: meant };
  const found = setting.secret ? "" : `it is ${cut(JSON.stringify(value))}, `;
  return { ok: false, why: `${found}expected ${expected(setting)}.` };
}

/**
 * What a text means for a setting. In a file only sizes and lists may be written as texts: it has numbers of its own.
 * TypeBox's own conversion would make 80 of "80.5", and 1 of true.
 */
function fromText({ schema }: Setting, text: string, isVariable: boolean): unknown {
  if (schema.unit === "bytes") return parseSize(text) ?? text;
  if (schema.type === "array") return text.split(",").map((item) => item.trim());
  if (!isVariable) return text;
  if (schema.type === "integer" && /^\d+$/.test(text)) return Number(text);
  if (schema.type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

const LENGTH_MAX = 60;

const cut = (text: string): string => (text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX - 1)}…` : text);
