import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSharp } from "../../master/codec/sharp.ts";
import type { Limits } from "../../master/limits.ts";
import type { Task } from "../../shared/bus/messages.ts";
import { type Raster, viewOf } from "../../shared/raster.ts";
import {
  type Bench,
  decodeFile,
  difference,
  openBench,
  picture,
  spec,
  turn,
  unowned,
  withBench,
} from "../engine/harness.ts";
import { answer, uploaded } from "../engine/job_states.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { edgeWithCallers, expectClosed } from "./callers.ts";
import { type Edge, edgeOf, expectProblem } from "./edge.ts";

const sharp = await loadSharp();

const folder = mkdtempSync(join(tmpdir(), "tessera-pictures-"));
/** 1300 x 700: deep zoom has 3 x 2 tiles of it, the engine 6 x 3. */
const SIZE = { width: 1300, height: 700 };
let image = "";

beforeAll(async () => {
  image = await picture(folder, spec(SIZE.width, SIZE.height));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const asked = { pipeline: "invert", tileSize: 256, id: "it" };

async function pixelsOf(response: Response): Promise<Raster> {
  expect(response.status).toBe(200);
  const path = join(folder, "answer");
  await Bun.write(path, await response.arrayBuffer());
  return decodeFile(path);
}

const alphaAt = ({ data, stride, format }: Raster, x: number, y: number): number =>
  format.channels === 4 ? data[y * stride + x * 4 + 3]! : 255;

/** Asks again until the answer is as wanted; each time what was ready to happen has happened. */
async function until(ask: () => Promise<Response>, wanted: (raster: Raster) => boolean): Promise<Response> {
  for (let i = 0; i < 1000; i++) {
    const response = await ask();
    if (wanted(await pixelsOf(response.clone() as Response))) return response;
    await turn();
  }
  throw new Error("it never came");
}

/** A job of which only the first row of tiles comes. */
async function half(bench: Bench): Promise<Edge> {
  new OwnWorker(bench.bus, bench.buffers, (task: Task, worker) =>
    task.out.y === 0 ? worker.answer(task) : undefined,
  );
  await bench.master.submit({ ...asked, source: unowned(image) });
  return edgeOf(bench);
}

async function done(bench: Bench, more = {}): Promise<Edge> {
  new OwnWorker(bench.bus, bench.buffers, answer);
  const source = uploaded(bench, image, "it");
  await bench.master.submit({ ...asked, source, output: { format: "png" }, ...more });
  expect((await bench.master.wait("it")).state).toBe("done");
  return edgeOf(bench);
}

const get = (app: Edge, path: string, headers = {}): Promise<Response> =>
  Promise.resolve(app.request(`/v1/jobs/it/${path}`, { headers }));

describe("pictures of a job that still runs", () => {
  test("a preview shows what is done, and is to be asked for again", async () => {
    await withBench({}, async (bench) => {
      const app = await half(bench);
      const ask = () => get(app, "preview?size=130&format=png");
      const response = await until(ask, (raster) => alphaAt(raster, 5, 5) === 255);
      expect(response.headers.get("cache-control")).toBe("private, no-cache");
      const raster = await pixelsOf(response.clone() as Response);
      expect(raster.rect).toMatchObject({ width: 130, height: 70 });
      expect([alphaAt(raster, 129, 20), alphaAt(raster, 5, 30), alphaAt(raster, 129, 69)]).toEqual([
        255, 0, 0,
      ]);
      const tag = response.headers.get("etag")!;
      expect((await get(app, "preview?size=130&format=png", { "if-none-match": tag })).status).toBe(304);
      const source = await until(
        () => get(app, "preview?of=source&size=64&format=png"),
        (each) => alphaAt(each, 60, 30) === 255,
      );
      expect(source.headers.get("cache-control")).toContain("immutable");
    });
  });

  test("deep zoom: a tile that is done stays as it is, one that is not is empty", async () => {
    await withBench({}, async (bench) => {
      const app = await half(bench);
      expect(await (await get(app, "zoom/result.dzi")).text()).toContain('Format="webp"');
      // Level 11 is the whole; a quarter of its size shows the first row of tiles and what is below.
      const ask = () => get(app, "zoom/result_files/9/0_0.png");
      const small = await until(ask, (raster) => alphaAt(raster, 5, 5) === 255);
      const raster = await pixelsOf(small.clone() as Response);
      expect([alphaAt(raster, 300, 60), alphaAt(raster, 300, 70)]).toEqual([255, 0]);
      expect(small.headers.get("cache-control")).toBe("private, no-cache");
      const below = await pixelsOf(await get(app, "zoom/result_files/11/1_1.png"));
      expect([0, 100, 190].map((y) => alphaAt(below, 10, y))).toEqual([0, 0, 0]);
      const above = await get(app, "zoom/result_files/11/1_0.jpeg");
      expect([above.headers.get("content-type"), above.headers.get("cache-control")]).toEqual([
        "image/jpeg",
        "private, no-cache", // it reaches below the first row
      ]);
    });
  });

  test("of one that waits, the source is shown from its file and the result is empty", async () => {
    await withBench({}, async (bench) => {
      await bench.master.submit({ ...asked, source: uploaded(bench, image, "it") });
      bench.master.pause("it");
      const app = edgeOf(bench);
      expect((await pixelsOf(await get(app, "preview?of=source&size=64"))).rect.width).toBe(64);
      const result = await pixelsOf(await get(app, "preview?size=64&format=webp"));
      expect(alphaAt(result, 3, 3)).toBe(0);
    });
  });
});

describe("pictures of a job that is done", () => {
  test("a preview fits the size, stays as it is, and is not sent again to who has it", async () => {
    await withBench({}, async (bench) => {
      const app = await done(bench);
      for (const [format, size, width] of [
        ["jpeg", 200, 200],
        ["webp", 16, 16],
        ["png", 2048, 1300], // never larger than it is
      ] as const) {
        const path = `preview?size=${size}&format=${format}`;
        const response = await get(app, path);
        expect(response.headers.get("content-type")).toBe(`image/${format}`);
        expect(response.headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
        const tag = response.headers.get("etag")!;
        expect((await pixelsOf(response)).rect.width).toBe(width);
        const again = await get(app, path, { "if-none-match": tag });
        expect([again.status, again.headers.get("etag")]).toEqual([304, tag]);
      }
      expect((await pixelsOf(await get(app, "preview"))).rect.width).toBe(512);
    });
  });

  test("P1: deep zoom's tiles at full size are the result's own pixels", async () => {
    await withBench({}, async (bench) => {
      const app = await done(bench);
      const dzi = await (await get(app, "zoom/result.dzi?format=png")).text();
      for (const part of ['Format="png"', 'Overlap="1"', 'TileSize="510"', 'Width="1300" Height="700"'])
        expect(dzi).toContain(part);
      const whole = await decodeFile(bench.master.resultPath("it"));
      for (const [column, x, width] of [
        [0, 0, 511],
        [1, 509, 512],
        [2, 1019, 281],
      ] as const)
        for (const [row, y, height] of [
          [0, 0, 511],
          [1, 509, 191],
        ] as const) {
          const tile = await pixelsOf(await get(app, `zoom/result_files/11/${column}_${row}.png`));
          const part = viewOf(whole, { x, y, width, height });
          const own = { ...tile, rect: part.rect };
          expect(difference(packed(own), packed(part))).toBe("same");
        }
      expect((await pixelsOf(await get(app, "zoom/result_files/0/0_0.png"))).rect).toMatchObject({
        width: 1,
      });
    });
  });

  test("deep zoom of what may be transparent is in a format that shows it", async () => {
    const clear = join(folder, "clear.png");
    await sharp(image).ensureAlpha(0.5).png().toFile(clear);
    const limits = { sourceKeptMs: 3_600_000 };
    await withBench({ limits }, async (bench) => {
      new OwnWorker(bench.bus, bench.buffers, answer);
      await bench.master.submit({ ...asked, source: uploaded(bench, clear, "it") });
      await bench.master.wait("it");
      const app = edgeOf(bench);
      for (const which of ["source", "result"])
        expect(await (await get(app, `zoom/${which}.dzi`)).text()).toContain('Format="webp" Overlap="0"');
      // Viewers pass the descriptor's question on.
      const tile = await pixelsOf(await get(app, "zoom/result_files/11/0_0.webp?format=webp"));
      expect(alphaAt(tile, 5, 5)).toBeLessThan(140);
      expect(tile.rect).toMatchObject({ width: 510, height: 510 }); // what lay in two tiles would be seen
    });
    await withBench({ limits }, async (bench) => {
      const app = await done(bench);
      for (const which of ["source", "result"])
        expect(await (await get(app, `zoom/${which}.dzi`)).text()).toContain('Format="jpeg"');
    });
  });

  test("P5: what was decoded to be looked at goes when nobody looks", async () => {
    const shelf = (bench: Bench) => readdirSync(join(bench.dir, "previews", "shelf"));
    await withBench({ limits: { previewKeptMs: -1 } }, async (bench) => {
      const app = await done(bench);
      await get(app, "zoom/result_files/11/0_0.png");
      expect(shelf(bench)).toHaveLength(1);
      bench.master.pictures.sweep();
      await until(
        () => get(app, "preview?size=20"),
        () => shelf(bench).length === 0,
      );
    });
  });

  test("are of the right way up", async () => {
    const turned = join(folder, "turned.jpg");
    await sharp(image).withMetadata({ orientation: 6 }).jpeg().toFile(turned);
    await withBench({}, async (bench) => {
      await bench.master.submit({ ...asked, source: uploaded(bench, turned, "it") });
      bench.master.pause("it");
      const app = edgeOf(bench);
      expect(await (await get(app, "zoom/source.dzi")).text()).toContain('Width="700" Height="1300"');
      expect((await pixelsOf(await get(app, "preview?of=source&size=130"))).rect).toMatchObject({
        ...{ width: 70, height: 130 },
      });
      const small = await pixelsOf(await get(app, "zoom/source_files/8/0_0.png"));
      const expected = await sharp(turned).autoOrient().resize(88, 163, { fit: "fill" }).raw().toBuffer();
      expect(small.rect).toMatchObject({ width: 88, height: 163 });
      const off = small.data.reduce((sum, v, i) => sum + Math.abs(v - expected[i]!), 0) / small.data.length;
      expect(off).toBeLessThan(8);
    });
  });
});

/** Rows packed, at the origin. */
function packed(raster: Raster): Raster {
  const { width, height } = raster.rect;
  const bytes = width * raster.format.channels;
  const data = new Uint8Array(bytes * height);
  for (let y = 0; y < height; y++)
    data.set(raster.data.subarray(y * raster.stride, y * raster.stride + bytes), y * bytes);
  return { ...raster, rect: { x: 0, y: 0, width, height }, data, stride: bytes };
}

describe("P6: what cannot be shown", () => {
  const PATHS = ["preview", "zoom/result.dzi", "zoom/result_files/0/0_0.png"];

  test("of a job that is not there, or has no result any more", async () => {
    await withBench({}, async (bench) => {
      const app = edgeOf(bench);
      for (const path of PATHS) await expectProblem(await get(app, path), "job_not_found");
      await bench.master.submit({ ...asked, source: uploaded(bench, image, "it") });
      bench.master.cancel("it");
      await bench.master.wait("it");
      for (const path of PATHS) await expectProblem(await get(app, path), "job_not_done");
    });
  });

  test("a source or a result that is not kept, also to who has a copy", async () => {
    await withBench({}, async (bench) => {
      const app = await done(bench);
      const known = PATHS.map((path) => get(app, path));
      const tags = (await Promise.all(known)).map(({ headers }) => headers.get("etag")!);
      rmSync(bench.master.resultPath("it"));
      for (const [i, path] of PATHS.entries())
        await expectProblem(await get(app, path, { "if-none-match": tags[i] }), "job_result_expired");
      rmSync(join(bench.master.uploadDir, "it"), { force: true });
      for (const path of PATHS.map((each) => each.replace("preview", "preview?of=source")))
        await expectProblem(await get(app, path.replace("result", "source")), "job_source_gone");
    });
  });

  test("a tile that the picture does not have", async () => {
    await withBench({}, async (bench) => {
      const app = await done(bench);
      for (const tile of ["11/3_0", "11/0_2", "12/0_0", "0/1_0"])
        await expectProblem(await get(app, `zoom/result_files/${tile}.png`), "tile_not_found");
      for (const path of [
        "zoom/result_files/11/0_0.gif",
        "zoom/result_files/11/a_0.png",
        "zoom/other_files/11/0_0.png",
        "zoom/other.dzi",
        "zoom/result_files/41/0_0.png",
        "preview?size=15",
        "preview?size=2049",
        "preview?of=other",
        "preview?format=gif",
      ])
        await expectProblem(await get(app, path), "request_invalid");
    });
  });

  test("an image that is damaged", async () => {
    await withBench({}, async (bench) => {
      const source = uploaded(bench, image, "it");
      await bench.master.submit({ ...asked, source });
      bench.master.pause("it");
      truncateSync(source.path, 4000);
      const app = edgeOf(bench);
      await expectProblem(await get(app, "preview?of=source"), "image_corrupt");
      await expectProblem(await get(app, "zoom/source_files/0/0_0.png"), "image_corrupt");
    });
  });

  test.each([
    ["image_too_many_pixels", { previewBytesMax: 1000 }],
    ["disk_full", { freeBytesMin: Number.MAX_SAFE_INTEGER }],
  ] as const)("P5: one that there is no room for: %s", async (code, limits: Partial<Limits>) => {
    const own = mkdtempSync(join(folder, "room-"));
    const first = openBench(own);
    await done(first);
    await first.master.stop();
    const bench = openBench(own, { limits });
    await expectProblem(await get(edgeOf(bench), "zoom/result_files/11/0_0.png"), code);
    expect(existsSync(join(bench.dir, "previews", "shelf", "0"))).toBe(false);
    await bench.master.stop();
  });

  test.each(["preview?size=", "zoom/result_files/11/"])(
    "P5: more at once than may wait: %s",
    async (path) => {
      await withBench({}, async (bench) => {
        const small = await picture(folder, spec(20, 20));
        new OwnWorker(bench.bus, bench.buffers, answer);
        await bench.master.submit({ ...asked, source: unowned(small) });
        await bench.master.wait("it");
        const app = edgeOf(bench);
        const each = (i: number) => (path.endsWith("=") ? `${16 + i}` : `${i}_0.png`);
        const answers = await Promise.all(Array.from({ length: 160 }, (_, i) => get(app, path + each(i))));
        const full = answers.filter(({ status }) => status === 503);
        expect(full.length).toBeGreaterThan(0);
        for (const refused of full) await expectProblem(refused, "queue_full");
      });
    },
    30_000,
  );

  test("P7: to others, and without the right to it", async () => {
    await withBench({}, async (bench) => {
      await done(bench, { owner: "anna" });
      const app = edgeWithCallers(bench);
      for (const path of PATHS)
        await expectClosed(app, { path: `/v1/jobs/it/${path}`, owner: "anna", scope: "read" });
      expect(readFileSync(bench.master.resultPath("it")).length).toBeGreaterThan(0);
    });
  });
});
