import type { JsonSchema, OpenApi, OperationObject } from "../../../shared/api/openapi/document.ts";

/** A command that does it, for a shell that has `$TESSERA` (the address) and `$KEY`. */
export function curlOf(method: string, path: string, operation: OperationObject, document: OpenApi): string {
  const { parameters = [], requestBody, responses, security } = operation;
  const query = parameters
    .filter((one) => one.in === "query" && one.required)
    .map(({ name, schema }) => `${name}=${encodeURIComponent(`${exampleOf(schema, document)}`)}`);
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    inPath(name, parameters.find((one) => one.in === "path" && one.name === name)?.schema ?? {}, document),
  );
  const address = `"$TESSERA${filled}${query.length === 0 ? "" : `?${query.join("&")}`}"`;
  const parts = ["curl", ...(method === "get" ? [] : ["-X", method.toUpperCase()]), address];
  if (security.length > 0) parts.push('-H "Authorization: Bearer $KEY"');
  for (const { name, schema } of parameters.filter((one) => one.in === "header" && one.required))
    parts.push(`-H '${name}: ${exampleOf(schema, document)}'`);
  parts.push(...bodyOf(requestBody, document));
  const answer = Object.keys(Object.values(responses)[0]?.content ?? {})[0] ?? "";
  if (answer === "text/event-stream") parts.push("-N");
  else if (answer !== "" && !answer.endsWith("json")) parts.push("-o answer");
  return parts.join(" ");
}

/** What was given out before is in a variable; of what there is a choice, one. */
const inPath = (name: string, schema: JsonSchema, document: OpenApi): string =>
  "anyOf" in schema || "enum" in schema || "pattern" in schema || schema.type === "integer"
    ? `${exampleOf(schema, document)}`
    : `$${name.toUpperCase()}`;

function bodyOf(body: OperationObject["requestBody"], document: OpenApi): string[] {
  const types = Object.keys(body?.content ?? {});
  if (types.includes("multipart/form-data")) {
    const form = resolved(body!.content["multipart/form-data"]!.schema ?? {}, document);
    const fields = Object.keys((form.properties ?? {}) as JsonSchema);
    const file = fields.find((name) => /image/.test(name)) ?? "file";
    return [
      `-F '${file}=@photo.jpg'`,
      ...(fields.includes("pipeline") ? ["-F 'pipeline=blur(sigma=2)'"] : []),
    ];
  }
  if (types.includes("application/json")) {
    const example = exampleOf(body!.content["application/json"]!.schema ?? {}, document);
    return ["--json", `'${JSON.stringify(example).replaceAll("'", "'\\''")}'`];
  }
  const type = types.some((one) => one.startsWith("image/")) ? "image/jpeg" : types[0];
  return type === undefined ? [] : [`-H 'Content-Type: ${type}' --data-binary @photo.jpg`];
}

/** Something that the schema takes, with what it cannot do without. */
function exampleOf(schema: JsonSchema, document: OpenApi): unknown {
  const {
    examples,
    default: usual,
    const: only,
    enum: choices,
    anyOf,
    type,
    properties,
    required,
    items,
    minimum,
  } = resolved(schema, document) as Record<string, never>;
  if (Array.isArray(examples)) return examples[0];
  if (usual !== undefined) return usual;
  if (only !== undefined) return only;
  if (Array.isArray(choices)) return choices[0];
  if (Array.isArray(anyOf)) return exampleOf(anyOf[0]!, document);
  switch (type as string | undefined) {
    case "object": {
      const all = (properties ?? {}) as Record<string, JsonSchema>;
      const wanted = (required ?? []) as string[];
      return Object.fromEntries(wanted.map((name) => [name, exampleOf(all[name]!, document)]));
    }
    case "array":
      return items === undefined ? [] : [exampleOf(items, document)];
    case "integer":
    case "number":
      return minimum ?? 1;
    case "boolean":
      return true;
    default:
      return "text";
  }
}

/** What a reference refers to. */
function resolved(schema: JsonSchema, document: OpenApi): JsonSchema {
  const name = typeof schema.$ref === "string" ? schema.$ref.split("/").at(-1)! : undefined;
  return name === undefined ? schema : document.components.schemas[name]!;
}
