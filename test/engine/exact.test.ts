import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, openEngine } from "../../embedded/engine.ts";
import { loadSharp } from "../../master/codec/sharp.ts";
import type { OutputFormat } from "../../shared/api/output.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { whole } from "../ops/tiled_equals_whole.ts";
import { decodeFile, difference, picture, pictureRaster, spec, unowned } from "./harness.ts";

const sharp = await loadSharp();

const folder = mkdtempSync(join(tmpdir(), "tessera-exact-"));
let engine: Engine;

beforeAll(() => {
  engine = openEngine({ threads: 2 });
});

afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Asked {
  readonly pipeline: string;
  readonly tileSize: number;
  readonly format?: OutputFormat;
}

/** Runs a job to its end and gives the file that it made. */
async function result(path: string, { pipeline, tileSize, format }: Asked, on = engine): Promise<string> {
  const source = unowned(path);
  const { id } = await on.master.submit({
    source,
    pipeline,
    tileSize,
    ...(format && { output: { format } }),
  });
  const job = await on.master.wait(id);
  expect(job.error).toBeUndefined();
  expect(job.progress.tiles_total).toBeGreaterThan(1);
  return on.master.resultPath(id);
}

const MOVED =
  "rotate(angle=90) | crop(x=30, y=41, width=333, height=277) | flop | pad(left=7, top=3, right=5, bottom=9)";
const TWO_STAGES = "blur(sigma=1.2) | contrast | sharpen";
const THREE_STAGES = "equalize | median(radius=1) | auto_levels | flip";
const SHRUNK = "resize(width=211) | unsharp_mask | rotate_90";
const ENLARGED = "crop(x=100, y=90, width=97, height=83) | resize(scale=3.3) | emboss";

const CASES: readonly [
  size: [number, number, number, number],
  ending: string,
  pipeline: string,
  tile: number,
][] = [
  [[700, 500, 3, 8], "png", "blur(sigma=2)", 64],
  [[700, 500, 3, 8], "png", MOVED, 128],
  [[700, 500, 3, 8], "tiff", TWO_STAGES, 256],
  [[641, 479, 1, 8], "png", THREE_STAGES, 100],
  [[641, 479, 4, 8], "png", TWO_STAGES, 97],
  [[641, 479, 2, 8], "tiff", `${MOVED} | box_blur(radius=3)`, 64],
  [[523, 389, 3, 16], "png", TWO_STAGES, 128],
  [[523, 389, 3, 16], "tiff", ENLARGED, 65],
  [[523, 389, 1, 16], "tiff", "otsu_threshold | dilate(radius=2)", 128],
  [[523, 389, 4, 16], "png", SHRUNK, 64],
  [[700, 500, 3, 8], "tiff", "grayscale | edge_detection | invert", 71],
  [[700, 500, 4, 8], "tiff", SHRUNK, 79],
  [[3, 1100, 3, 8], "png", "auto_contrast | blur(sigma=4)", 64],
  [[1100, 2, 1, 8], "png", "sharpen | contrast", 128],
  [[300, 200, 3, 8], "png", "", 64],
];

describe("P1: a job's file holds the bytes of the pipeline run step by step on the whole image", () => {
  test.each(CASES)("%p %s: %s, tiles of %d", async (size, ending, pipeline, tileSize) => {
    const of = spec(...size, 7);
    const path = await picture(folder, of, ending);
    const made = await decodeFile(await result(path, { pipeline, tileSize }));
    expect(difference(made, whole(parsePipeline(pipeline), pictureRaster(of)))).toBe("same");
  });

  test.each(["png", "tiff", "webp"] as const)("whatever it is written as: %s", async (format) => {
    const of = spec(333, 222, 3, 8, 5);
    const path = await picture(folder, of);
    const source = unowned(path);
    const { id } = await engine.master.submit({
      ...{ source, pipeline: TWO_STAGES, tileSize: 64 },
      output: { format, lossless: format === "webp" },
    });
    await engine.master.wait(id);
    const made = await decodeFile(engine.master.resultPath(id));
    expect(difference(made, whole(parsePipeline(TWO_STAGES), pictureRaster(of)))).toBe("same");
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "a JPEG whose EXIF orientation is %d is turned upright first",
    async (orientation) => {
      const path = join(folder, `turned-${orientation}.jpg`);
      const plain = await picture(folder, spec(301, 207, 3, 8, 3));
      await sharp(plain).withMetadata({ orientation }).jpeg({ quality: 90 }).toFile(path);
      const pipeline = "crop(x=10, y=20, width=180, height=170) | blur(sigma=1) | contrast";
      const made = await decodeFile(await result(path, { pipeline, tileSize: 64, format: "png" }));
      // sharp turns the decoded pixels by itself; our own steps for it are not asked.
      expect(difference(made, whole(parsePipeline(pipeline), await decodeFile(path)))).toBe("same");
    },
  );
});

describe("P1: nothing about how a job is cut up shows in its file", () => {
  test("tile sizes from 64 to 1024 give the same bytes, PNG and JPEG", async () => {
    const path = await picture(folder, spec(700, 500, 4, 8, 9));
    for (const format of ["png", "jpeg"] as const) {
      const files = new Set<string>();
      for (const tileSize of [64, 65, 100, 256]) {
        const file = await result(path, { pipeline: TWO_STAGES, tileSize, format });
        files.add(Bun.hash(readFileSync(file)).toString());
      }
      expect(files.size).toBe(1);
    }
  });

  test("one thread or three give the same bytes", async () => {
    const path = await picture(folder, spec(700, 500, 3, 8, 11));
    const asked = { pipeline: THREE_STAGES, tileSize: 64, format: "jpeg" } as const;
    const expected = readFileSync(await result(path, asked));
    for (const threads of [1, 3]) {
      const other = openEngine({ threads });
      try {
        expect(readFileSync(await result(path, asked, other)).equals(expected)).toBe(true);
      } finally {
        await other.stop();
      }
    }
  });

  test("jobs that run at the same time do not touch each other", async () => {
    const path = await picture(folder, spec(523, 389, 3, 8, 13));
    const pipelines = [TWO_STAGES, SHRUNK, MOVED, THREE_STAGES, "invert", ENLARGED];
    const files = await Promise.all(pipelines.map((pipeline) => result(path, { pipeline, tileSize: 64 })));
    const image = pictureRaster(spec(523, 389, 3, 8, 13));
    for (const [i, pipeline] of pipelines.entries())
      expect(difference(await decodeFile(files[i]!), whole(parsePipeline(pipeline), image))).toBe("same");
  });
});
