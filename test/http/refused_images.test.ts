import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import { DAMAGED, HEADERS } from "../codecs/hostile_headers.ts";
import { OTHER_KINDS, TWO_AT_ONCE, truncations } from "../codecs/hostile_kinds.ts";
import { LIMITS } from "../codecs/pictures.ts";
import { type Bench, openBench, picture, spec, withBench } from "../engine/harness.ts";
import { type Edge, edgeOf, expectProblem, sendRaw, uploadsIn } from "./edge.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-refused-"));
let bench: Bench;
let app: Edge;

let batch = "";

beforeAll(() => {
  const each = { ...DEFAULT_LIMITS.each, requestsPerMinute: 100_000 };
  bench = openBench(folder, { limits: { ...LIMITS, each } });
  app = edgeOf(bench, { uploadBytesMax: 100_000_000 });
  batch = bench.master.batches.create("local", "", {}).id;
});

const addRaw = (to: Edge, id: string, body: Uint8Array<ArrayBuffer>) =>
  to.request(`/v1/batches/${id}/images`, { method: "POST", body, headers: { "content-type": "image/png" } });

afterAll(async () => {
  await bench.master.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("P6: over HTTP, what no decoder may see leaves nothing", () => {
  const rows = [...truncations(), ...OTHER_KINDS, ...TWO_AT_ONCE, ...HEADERS, ...DAMAGED];
  for (const [what, bytes, stop, code] of rows) {
    if (stop !== "probe") continue;
    test(`${what}: ${code}`, async () => {
      await expectProblem(await sendRaw(app, new Uint8Array(bytes)), code!);
      await expectProblem(await addRaw(app, batch, new Uint8Array(bytes)), code!);
      expect(uploadsIn(bench.dir)).toEqual([]);
      expect(bench.master.jobs()).toEqual([]);
    });
  }
});

test("P6: a pipeline that needs most of a huge image for a single pixel is refused", () =>
  withBench({ limits: { pixelsMax: 2_000_000_000 } }, async (huge) => {
    const image = new Uint8Array(readFileSync(await picture(folder, spec(200, 150))));
    const pipeline =
      "resize(scale=200) | resize(width=20, height=15) | box_blur(radius=9) | box_blur(radius=9)";
    const sent = await sendRaw(edgeOf(huge), image, `?pipeline=${encodeURIComponent(pipeline)}`);
    await expectProblem(sent, "pipeline_unbounded");
    const { id } = huge.master.batches.create("local", "", { pipeline });
    await expectProblem(await addRaw(edgeOf(huge), id, image), "pipeline_unbounded");
    expect(uploadsIn(huge.dir)).toEqual([]);
  }));

test("P5: a disk without room refuses a job", () =>
  withBench({ limits: { freeBytesMin: Number.MAX_SAFE_INTEGER } }, async (full) => {
    const image = new Uint8Array(readFileSync(await picture(folder, spec(60, 50))));
    await expectProblem(await sendRaw(edgeOf(full), image), "disk_full");
    const { id } = full.master.batches.create("local", "", {});
    await expectProblem(await addRaw(edgeOf(full), id, image), "disk_full");
    expect(uploadsIn(full.dir)).toEqual([]);
  }));
