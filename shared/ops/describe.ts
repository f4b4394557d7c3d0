import { geometryOf } from "./geometry_of.ts";
import type { Op } from "./op.ts";
import { allOps } from "./registry.ts";

const describe = (op: Op) => {
  const { name, title, summary, definition, kind, params } = op;
  return { name, title, summary, definition, kind, geometry: geometryOf(op), params };
};

let described: ReturnType<typeof describe>[] | undefined;

/** Every op as a form or a program can use it; `params` is a JSON Schema. */
export function describeOps() {
  described ??= allOps().map(describe);
  return described;
}
