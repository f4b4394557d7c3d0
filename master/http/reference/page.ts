import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { OpenApi, OperationObject } from "../../../shared/api/openapi/document.ts";
import { curlOf } from "./curl.ts";
import { fieldsOf, type Html, paragraphs, prose, typeOf } from "./schema.ts";
import { STYLE } from "./style.ts";

/** What the page may do: be seen. No script, nothing from elsewhere, and no style but its own. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

interface Entry {
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

/** The document for people: one page without a script. */
export function referencePage(document: OpenApi): string {
  const entries = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Entry => ({ method, path, operation })),
  );
  const byTag = Map.groupBy(entries, ({ operation }) => operation.tags[0]!);
  const { title, version, description } = document.info;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} ${version}: API</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<nav>
<p><strong>${title}</strong> ${version}</p>
${[...byTag].map(
  ([tag, ofTag]) =>
    html`<a href="#tag-${tag}">${tag}</a><ul>${ofTag.map(
      ({ operation }) => html`<li><a href="#${operation.operationId}">${operation.summary}</a></li>`,
    )}</ul>`,
)}
<a href="#schemas">schemas</a>
</nav>
<main>
<h1>${title} API</h1>
${paragraphs(`${description}`)}
<p>The same for programs: <a href="/openapi.json">OpenAPI ${document.openapi}</a>. The commands below want
<code>$TESSERA</code>, the server's address, and <code>$KEY</code>, an API key, in the shell.</p>
${document.tags.map(
  ({ name, description: about }) => html`<section>
<h2 id="tag-${name}">${name}</h2>
<p>${about}</p>
${(byTag.get(name) ?? []).map((entry) => operationHtml(entry, document))}
</section>`,
)}
<h2 id="schemas">Schemas</h2>
${Object.entries(document.components.schemas).map(
  ([name, schema]) => html`<details><summary><code>${name}</code></summary><div id="schema-${name}">
${prose((schema.description as string | undefined) ?? "")}${fieldsOf(schema)}</div></details>`,
)}
</main>
</body>
</html>
`;
  return `${page as unknown as string}`;
}

function operationHtml({ method, path, operation }: Entry, document: OpenApi): Html {
  const {
    operationId,
    summary,
    description = "",
    security,
    parameters = [],
    requestBody,
    responses,
  } = operation;
  const scope = security.length === 0 ? undefined : (Object.values(security[0]!)[0]?.[0] ?? "any");
  return html`<details>
<summary><span class="method">${method.toUpperCase()}</span> <code>${path}</code> <span>${summary}</span></summary>
<div id="${operationId}">
${paragraphs(description)}
<p>${scope === undefined ? "Open to everyone." : html`Scope: <code>${scope}</code>.`}</p>
<pre>${curlOf(method, path, operation, document)}</pre>
${
  parameters.length === 0
    ? ""
    : html`<h3>Parameters</h3><table>${parameters.map(
        ({ name, in: place, required, description: about = "", schema }) => html`<tr>
<td><code>${name}</code></td><td>${place}${required ? "" : html` <em>optional</em>`}</td>
<td>${typeOf(schema)}</td><td>${prose(about)}</td></tr>`,
      )}</table>`
}
${
  requestBody === undefined
    ? ""
    : html`<h3>Body</h3>${Object.entries(requestBody.content).map(
        ([type, { schema = {} }]) => html`<p><code>${type}</code> ${typeOf(schema)}</p>${fieldsOf(schema)}`,
      )}`
}
<h3>Answers</h3>
<table>${Object.entries(responses).map(
    ([status, { description: about, headers, content = {} }]) => html`<tr>
<td><code>${status}</code></td>
<td>${paragraphs(about)}${ownHeaders(headers)}</td>
<td>${Object.entries(content).map(([type, { schema }]) => html`${type} ${schema === undefined ? "" : typeOf(schema)}`)}</td>
</tr>`,
  )}</table>
</div>
</details>`;
}

/** Those that not every answer has. */
function ownHeaders(headers: Readonly<Record<string, object>>): Html | "" {
  const names = Object.keys(headers).filter((name) => !("$ref" in headers[name]!));
  return names.length === 0 ? "" : html`<p>Headers: ${names.join(", ")}</p>`;
}
