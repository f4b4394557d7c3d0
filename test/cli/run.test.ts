import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  watch,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { writePicture } from "../../samples/write.ts";
import { startTessera, tessera, tesseraOnTerminal } from "../support/tessera.ts";

const FIGURES = [
  "input",
  "output",
  "width",
  "height",
  "tiles",
  "stages",
  "wall_ms",
  "tiles_per_second",
  "peak_rss_bytes",
];

let folder: string;
let photo: string;
let drawing: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tessera-cli-"));
  photo = join(folder, "photo.jpg");
  drawing = join(folder, "drawing.png");
  await writePicture(photo, { width: 700, height: 500, channels: 3, depth: 8, seed: 3 });
  await writePicture(drawing, { width: 130, height: 90, channels: 4, depth: 8, seed: 4 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder for the results of one test. */
const freshFolder = (): string => mkdtempSync(join(folder, "out-"));
const jsonLines = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("tessera run", () => {
  test("processes a photo and tells its figures as one JSON object", async () => {
    const output = join(freshFolder(), "soft.jpg");
    const { status, out, err } = await tessera([
      "run",
      photo,
      "--do",
      "blur(sigma=2) | rotate_90",
      "-o",
      output,
      "--json",
    ]);
    expect([status, err]).toEqual([0, ""]);
    const figures = JSON.parse(out);
    expect(Object.keys(figures)).toEqual(FIGURES);
    expect(figures).toMatchObject({ input: photo, output, width: 500, height: 700, tiles: 2, stages: 1 });
    expect(figures.wall_ms).toBeGreaterThan(0);
    expect(figures.peak_rss_bytes).toBeGreaterThan(10e6);
    expect(await sharp(output).metadata()).toMatchObject({ format: "jpeg", width: 500, height: 700 });
  });

  test("tells people in one line where the result is, and leaves nothing else (P2)", async () => {
    const [out, temporary] = [freshFolder(), freshFolder()];
    const ended = await tessera(["run", photo, "--do", "invert", "-o", join(out, "a.png")], {
      env: { TMPDIR: temporary },
    });
    expect([ended.status, ended.err]).toEqual([0, ""]);
    expect(ended.out).toMatch(/a\.png {2}700 × 500 png, [\d.]+ kB; 2 tiles in [\d.]+ s, \d+ tiles\/s\n$/);
    expect(readdirSync(out)).toEqual(["a.png"]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("gives the same bytes with any tile size and number of threads (P1)", async () => {
    const out = freshFolder();
    const run = async (name: string, ...more: string[]) => {
      const output = join(out, name);
      await tessera(["run", photo, "--do", "blur(sigma=3) | contrast", "-o", output, ...more]);
      return Bun.hash(readFileSync(output));
    };
    const whole = await run("whole.png", "--tile-size", "1024");
    expect(await run("tiles.png", "--tile-size", "64", "--threads", "1")).toBe(whole);
    expect(await run("threads.png", "--tile-size", "100", "--threads", "3")).toBe(whole);
  });

  test("takes several images into a folder that it creates, each under its own name", async () => {
    const out = join(freshFolder(), "new", "folder");
    const { status, out: text } = await tessera([
      "run",
      photo,
      drawing,
      "-o",
      out,
      "--format",
      "webp",
      "--json",
    ]);
    expect(status).toBe(0);
    expect(
      jsonLines(text)
        .map(({ input }) => input)
        .sort(),
    ).toEqual([drawing, photo].sort());
    expect(readdirSync(out).sort()).toEqual(["drawing.webp", "photo.webp"]);
  });

  test("keeps the format of the input where nothing else is asked for", async () => {
    const out = freshFolder();
    await tessera(["run", photo, drawing, "-o", out]);
    expect(readdirSync(out).sort()).toEqual(["drawing.png", "photo.jpg"]);
    expect((await sharp(join(out, "drawing.png")).metadata()).format).toBe("png");
    await tessera(["run", photo, "-o", join(out, "plain")]);
    expect((await sharp(join(out, "plain")).metadata()).format).toBe("jpeg");
  });

  test("writes to stdout when asked, and its words to stderr", async () => {
    const child = startTessera(["run", photo, "--do", "grayscale", "-o", "-", "--format", "png"]);
    const bytes = await new Response(child.stdout).bytes();
    expect(await child.exited).toBe(0);
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "png", width: 700, height: 500 });
    expect(await child.stderr.text()).toContain("tiles/s");
  });

  test("draws a bar on a terminal, and takes it away before the result", async () => {
    const output = join(freshFolder(), "a.jpg");
    const { status, screen } = await tesseraOnTerminal(["run", photo, "--do", "blur", "-o", output]);
    expect(status).toBe(0);
    expect(screen).toMatch(/\r.*photo\.jpg ▕.{24}▏ +\d+ % {2}/);
    expect(screen).toContain("100 %");
    expect(screen.split("\r\x1b[K").at(-1)).toMatch(/a\.jpg {2}700 × 500 jpeg, .* tiles\/s\r\n$/);
  });

  test("works on with the other images when one fails", async () => {
    const out = freshFolder();
    const missing = join(folder, "missing.jpg");
    const { status, out: text } = await tessera(["run", missing, photo, "-o", out, "--json"]);
    expect(status).toBe(1);
    const lines = jsonLines(text);
    expect(lines).toContainEqual({
      input: missing,
      error: { code: "file_not_found", message: expect.stringContaining("no such file") },
    });
    expect(readdirSync(out)).toEqual(["photo.jpg"]);
  });
});

describe("tessera run refuses, and leaves nothing", () => {
  const refused: [what: string, args: () => string[], code: string, text: RegExp][] = [
    [
      "a mistyped operation",
      () => ["--do", "blur | sharpn", "-o", "x.jpg"],
      "pipeline_invalid",
      /Step 2.*Did you mean sharpen/,
    ],
    [
      "a parameter out of range",
      () => ["--do", "blur(sigma=-1)", "-o", "x.jpg"],
      "pipeline_invalid",
      /sigma.*expected a number/,
    ],
    ["a pipeline that cannot be read", () => ["--do", "blur(", "-o", "x.jpg"], "pipeline_syntax", /end/],
    ["a quality that does not exist", () => ["--quality", "101", "-o", "x.jpg"], "output_invalid", /quality/],
    ["a tile size out of range", () => ["--tile-size", "7", "-o", "x.jpg"], "request_invalid", /Tile size/],
    ["an unknown ending", () => ["-o", "x.bmp"], "usage", /\.bmp/],
    ["a format that is not written", () => ["-o", "x.jpg", "--format", "gif"], "usage", /Allowed choices/],
    ["no output", () => [], "usage", /--output/],
    ["a folder that is not there", () => ["-o", "nowhere/x.jpg"], "usage", /no folder/],
    ["its own input", () => ["-o", photo], "usage", /to be read/],
    ["its own input by another name", () => ["-o", "link.jpg"], "usage", /to be read/],
    ["several images to stdout", () => [drawing, "-o", "-"], "usage", /stdout/],
    ["several images to a file", () => [drawing, "-o", drawing], "usage", /folder/],
  ];

  for (const [what, args, code, text] of refused) {
    test(what, async () => {
      const cwd = freshFolder();
      symlinkSync(photo, join(cwd, "link.jpg"));
      const before = Bun.hash(readFileSync(photo));
      const { status, out, err } = await tessera(["run", photo, ...args()], { cwd });
      expect([status, out]).toEqual([2, ""]);
      expect(err).toMatch(text);
      expect(err).toEndWith(`(${code})\n`);
      expect(readdirSync(cwd)).toEqual(["link.jpg"]);
      expect(Bun.hash(readFileSync(photo))).toBe(before);
    });
  }

  test("JSON and an image both on stdout, in JSON", async () => {
    const { status, out, err } = await tessera(["run", photo, "-o", "-", "--json"]);
    expect([status, err]).toEqual([2, ""]);
    expect(JSON.parse(out)).toEqual({ error: { code: "usage", message: expect.stringContaining("--json") } });
  });

  test("two images that would become one file", async () => {
    const out = freshFolder();
    const other = join(out, "in", "photo.png");
    mkdirSync(join(out, "in"));
    await writePicture(other, { width: 30, height: 30, channels: 3, depth: 8, seed: 1 });
    const { status, err } = await tessera(["run", photo, other, "-o", join(out, "to"), "--format", "png"]);
    expect(status).toBe(2);
    expect(err).toMatch(/would both become/);
    expect(readdirSync(join(out, "to"))).toEqual(["photo.png"]);
  });

  test("an image that is none, with its code in JSON", async () => {
    const cwd = freshFolder();
    const { status, out } = await tessera(["run", import.meta.path, "-o", "x.jpg", "--json"], { cwd });
    expect(status).toBe(1);
    expect(JSON.parse(out).error.code).toBe("image_unknown_type");
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe("tessera run, interrupted", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`by ${signal} ends with 130 and leaves nothing (P9)`, async () => {
      const [out, temporary] = [freshFolder(), freshFolder()];
      const large = join(folder, "large.tiff");
      if (!existsSync(large))
        await writePicture(large, { width: 12_000, height: 9_000, channels: 3, depth: 8, seed: 2 });
      const child = startTessera(["run", large, "--do", "median(radius=3)", "-o", join(out, "x.png")], {
        env: { TMPDIR: temporary },
      });
      await firstEntry(temporary);
      child.kill(signal);
      expect(await child.exited).toBe(130);
      expect(await child.stderr.text()).toContain("(job_cancelled)");
      expect(readdirSync(out)).toEqual([]);
      expect(readdirSync(temporary)).toEqual([]);
    });
  }
});

/** Resolves when something appears in the folder: the engine has begun. */
function firstEntry(path: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(path, done);
    function done() {
      watcher.close();
      resolve();
    }
    if (readdirSync(path).length > 0) done();
  });
}

describe("probe", () => {
  test("tells what an image is, in words and as JSON", async () => {
    const plain = await tessera(["probe", photo]);
    expect(plain.out).toMatch(/photo\.jpg {2}jpeg 700 × 500, RGB 8 bit, \d+ kB\n$/);
    const json = await tessera(["probe", photo, drawing, "--json"]);
    expect(json.status).toBe(0);
    expect(jsonLines(json.out)).toMatchObject([
      { input: photo, type: "jpeg", width: 700, height: 500, channels: 3, depth: 8, orientation: 1 },
      { input: drawing, type: "png", width: 130, height: 90, channels: 4, depth: 8 },
    ]);
  });

  test("fails for what is no image, and goes on with the next", async () => {
    const { status, out, err } = await tessera(["probe", import.meta.path, photo]);
    expect(status).toBe(1);
    expect(out).toContain("photo.jpg");
    expect(err).toContain("(image_unknown_type)");
  });
});
