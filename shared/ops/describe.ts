import { allOps } from "./registry.ts";

/** Every op as a form or a program can use it; `params` is a JSON Schema. */
export function describeOps() {
  return allOps().map(({ name, title, summary, definition, kind, params }) => ({
    name,
    title,
    summary,
    definition,
    kind,
    params,
  }));
}
