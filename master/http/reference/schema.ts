import { html } from "hono/html";
import type { JsonSchema } from "../../../shared/api/openapi/document.ts";

/** What the page is made of: text that is escaped. */
export type Html = ReturnType<typeof html>;

/** A text with `code` in it, as descriptions have it. */
export const prose = (text: string): Html =>
  html`${text.split("`").map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part))}`;

/** A text in paragraphs and lists, as long descriptions have it. */
export const paragraphs = (text: string): Html =>
  html`${text
    .split("\n\n")
    .map((block) =>
      block.startsWith("- ")
        ? html`<ul>${block.split("\n").map((line) => html`<li>${prose(line.slice(2))}</li>`)}</ul>`
        : html`<p>${prose(block)}</p>`,
    )}`;

/** What a value may be, in a few words; what has a name of its own is linked to. */
export function typeOf(schema: JsonSchema): Html {
  const { $ref, anyOf, allOf, type, items, format, additionalProperties } = schema;
  if (typeof $ref === "string") {
    const name = $ref.split("/").at(-1)!;
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  if (Array.isArray(allOf)) return typeOf(allOf[0] as JsonSchema);
  if (Array.isArray(anyOf))
    return html`${(anyOf as JsonSchema[]).map((one, i) => html`${i === 0 ? "" : " or "}${typeOf(one)}`)}`;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (Array.isArray(schema.enum))
    return html`${schema.enum.map((one, i) => html`${i === 0 ? "" : ", "}<code>${one}</code>`)}`;
  if (type === "array")
    return html`list of ${items === undefined ? "anything" : typeOf(items as JsonSchema)}`;
  if (type === "object" && typeof additionalProperties === "object" && schema.properties === undefined)
    return html`object of ${typeOf(additionalProperties as JsonSchema)}`;
  return html`${type ?? "anything"}${format === undefined ? "" : html` (${format})`}${boundsOf(schema)}`;
}

function boundsOf(schema: JsonSchema): string {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, default: usual } = schema;
  const low = minimum ?? minLength ?? minItems;
  const high = maximum ?? maxLength ?? maxItems;
  const unit = minimum === undefined && maximum === undefined ? " long" : "";
  const range =
    low !== undefined && high !== undefined
      ? `, ${low} to ${high}${unit}`
      : low !== undefined
        ? `, at least ${low}${unit}`
        : high !== undefined
          ? `, at most ${high}${unit}`
          : "";
  return usual === undefined ? range : `${range}, by default ${JSON.stringify(usual)}`;
}

/** The fields of an object, and theirs; nothing for what has none. */
export function fieldsOf(schema: JsonSchema): Html | "" {
  const properties = Object.entries((schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>);
  if (properties.length === 0) {
    const inner = innerOf(schema);
    return inner === undefined ? "" : fieldsOf(inner);
  }
  const required = (schema.required ?? []) as readonly string[];
  return html`<dl>${properties.map(
    ([
      name,
      property,
    ]) => html`<dt><code>${name}</code>${required.includes(name) ? "" : html` <em>optional</em>`}
<span>${typeOf(property)}</span></dt>
<dd>${prose((property.description as string | undefined) ?? "")}${fieldsOf(property)}</dd>`,
  )}</dl>`;
}

/** What lists and maps hold. */
function innerOf({ items, additionalProperties }: JsonSchema): JsonSchema | undefined {
  if (typeof items === "object") return items as JsonSchema;
  return typeof additionalProperties === "object" ? (additionalProperties as JsonSchema) : undefined;
}
