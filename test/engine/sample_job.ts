import { afterAll, beforeAll, expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobView } from "../../master/jobs/job.ts";
import { resultOf, withFleet } from "./fleet_bench.ts";
import { type Bench, picture, spec, unowned } from "./harness.ts";
import { answer, asked } from "./job_states.ts";

/** Of the usual sample: three bands of four. */
export const TILES = 12;

/** Jobs that all ask the same of one picture. */
interface SampleJob {
  /** The picture's file; only inside tests. */
  source(): string;
  submit(bench: Bench, id?: string): Promise<JobView>;
  /** Waits for the job, which has to give the very file that it gives where nothing goes wrong. */
  expectWhole(bench: Bench, id?: string): Promise<void>;
}

/** For the tests of a file or of a `describe`: makes the picture, and the right file, before the first of them. */
export function sampleJob(wanted: typeof asked = asked, of = spec(256, 192, 1)): SampleJob {
  let folder = "";
  let source = "";
  let whole: Buffer;
  const submit = ({ master }: Bench, id = "it") => master.submit({ ...wanted, id, source: unowned(source) });
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tessera-sample-"));
    source = await picture(folder, of);
    whole = await withFleet({}, async (bench) => {
      bench.join(answer);
      await submit(bench);
      return resultOf(bench, "it");
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    source: () => source,
    submit,
    async expectWhole(bench, id = "it") {
      expect((await resultOf(bench, id)).equals(whole)).toBe(true);
    },
  };
}
