import { expect } from "bun:test";
import type { Gate } from "../../master/access/gate.ts";
import type { Scope } from "../../shared/api/scopes.ts";
import type { Bench } from "../engine/harness.ts";
import { type Edge, edgeOf, expectProblem } from "./edge.ts";

const HEADER = "x-caller";

/** Callers who say themselves who they are. */
export const CALLERS: Gate = {
  identify(request) {
    const [owner = "", scopes = ""] = (request.headers.get(HEADER) ?? "").split("/");
    return { by: "key", owner, name: owner, scopes: new Set(scopes.split(",") as Scope[]) };
  },
};

export const edgeWithCallers = (bench: Pick<Bench, "master">): Edge => edgeOf(bench, { gate: CALLERS });

export const as = (owner: string, ...scopes: Scope[]): Record<string, string> => ({
  [HEADER]: `${owner}/${scopes.join(",")}`,
});

interface Asked {
  readonly method?: string;
  /** Of a job that is `owner`'s. */
  readonly path: string;
  readonly owner: string;
  readonly scope: Scope;
  readonly body?: object;
}

/** P7: a route takes its scope, and hides the job from everyone but its owner. */
export async function expectClosed(app: Edge, { method = "GET", path, owner, scope, body }: Asked) {
  const ask = (headers: Record<string, string>) =>
    app.request(path, {
      method,
      headers: { ...headers, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  const others = (["submit", "read", "operate"] as const).filter((each) => each !== scope);
  expect(await expectProblem(await ask(as(owner, ...others)), "forbidden")).toContain(`'${scope}'`);
  await expectProblem(await ask(as("stranger", scope)), "job_not_found");
}
