/** Tessera's embedded engine as a bench peer: file to file. */
import { rename } from "node:fs/promises";
import { openEngine } from "../../embedded/engine.ts";
import type { OutputSpec } from "../../master/export/output.ts";
import { servePeer } from "../harness.ts";

interface Work {
  readonly input: string;
  readonly output: string;
  readonly pipeline: string;
  readonly spec: Partial<OutputSpec>;
}

const engine = openEngine();
await servePeer<Work>(async ({ input, output, pipeline, spec }) => {
  const source = { path: input, owned: false, name: "bench" };
  const { id } = await engine.master.submit({ source, pipeline, output: spec });
  const job = await engine.master.wait(id);
  if (job.state !== "done") throw new Error(job.error?.message ?? job.state);
  await rename(engine.master.resultPath(id), output);
  return { ...(job.phases && { phases: job.phases }) };
});
await engine.stop();
