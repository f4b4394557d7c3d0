/** What a request says, read as its route's schemas have it. */
import { OptionalKind, type Static, type TObject, type TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { TesseraError } from "../../shared/errors.ts";
import { expectation } from "../../shared/pipeline/expectation.ts";

/** JSON bodies are held in memory. */
const JSON_BYTES_MAX = 1 << 20;
/** Lists and objects in each other; ours have a few. */
const NESTED_MAX = 32;

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

/**
 * What the query of an address says.
 *
 * @throws request_invalid for what is no UTF-8 and for a name that is there twice: nobody could say which one is meant
 */
export function queryOf(url: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null);
  const start = url.indexOf("?");
  if (start < 0) return query;
  for (const part of url.slice(start + 1).split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = unescaped(equals < 0 ? part : part.slice(0, equals));
    if (Object.hasOwn(query, name))
      throw new TesseraError("request_invalid", `${name.slice(0, 60)}: is given more than once.`);
    query[name] = equals < 0 ? "" : unescaped(part.slice(equals + 1));
  }
  return query;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (cause) {
    const detail = "The query is not well encoded: write % as %25, and other characters as UTF-8.";
    throw new TesseraError("request_invalid", detail, { cause });
  }
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
      return text === "" ? [] : text.split(",").map((one) => readText(schema.items as TSchema, one.trim()));
    default:
      return text;
  }
}

/** A body of JSON, by its bytes. @throws content_type_unsupported, upload_too_slow, request_invalid that names the first place that is wrong */
export async function readJson<T extends TSchema>(
  schema: T,
  request: Request,
  bytes: AsyncIterable<Uint8Array>,
): Promise<Static<T>> {
  const value = parsed(await textOf(request, bytes));
  const fault = Value.Errors(schema, value).First();
  if (fault !== undefined) {
    const where = fault.path === "" ? "The body" : `The body's ${fault.path.slice(0, 100)}`;
    throw new TesseraError("request_invalid", `${where}: expected ${expectation(fault.schema)}.`);
  }
  return value as Static<T>;
}

function parsed(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TesseraError("request_invalid", "The body is not JSON.", { cause });
  }
  checkNames(value, NESTED_MAX);
  return value;
}

/**
 * No name that could be taken for an object's parentage: it is no field of ours. (To have `JSON.parse` call for each
 * value takes ten times as long.)
 *
 * @throws request_invalid also for what is nested more deeply than `most`
 */
function checkNames(value: unknown, most: number): void {
  if (typeof value !== "object" || value === null) return;
  if (most === 0) throw new TesseraError("request_invalid", "The body is nested too deeply.");
  if (Object.hasOwn(value, "__proto__"))
    throw new TesseraError("request_invalid", "No field is called '__proto__'.");
  const held: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (const inner of held) if (typeof inner === "object") checkNames(inner, most - 1);
}

/** @throws content_type_unsupported, request_invalid if it is no UTF-8 or longer than is held in memory */
async function textOf(request: Request, body: AsyncIterable<Uint8Array>): Promise<string> {
  if (mediaType(request) !== "application/json")
    throw new TesseraError("content_type_unsupported", "Expected application/json.");
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > JSON_BYTES_MAX)
        throw new TesseraError("request_invalid", `The body is longer than ${JSON_BYTES_MAX} bytes.`);
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (thrown) {
    if (thrown instanceof TesseraError) throw thrown;
    // A decoder throws for what is no UTF-8, and a stream when its sender has gone away.
    throw new TesseraError("request_invalid", "The body is not whole, or not UTF-8.", { cause: thrown });
  }
}

/** Whether a request brings its image in a form, or is the image. @throws content_type_unsupported if it is neither */
export function bringsForm(request: Request): boolean {
  const type = mediaType(request);
  const form = type === "multipart/form-data";
  if (!form && !type.startsWith("image/") && type !== "application/octet-stream")
    throw new TesseraError("content_type_unsupported");
  return form;
}

/** What a body is said to be, without parameters; empty if nothing is said. */
export const mediaType = ({ headers }: Request): string =>
  headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
