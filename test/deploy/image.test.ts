import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import type { JobView } from "../../master/jobs/job.ts";
import { buildImage, type Image, stateOf, treeOf } from "./image.ts";
import { PROGRAMS } from "./variables.ts";

/** Packages may have to come over the network, and the kernels and the page are built when there is time. */
const BUILD_LIMIT_MS = 300_000;
const TRANSPILER = new Bun.Transpiler({ loader: "ts" });
/** How a thread's or a kernel's file is named. */
const FILE_URL = /new URL\(\s*["'](\.[^"'\n]+)["']/g;

describe("the image", () => {
  let image: Image;
  let jobs: string;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), "tessera-image-"));
    jobs = join(folder, "jobs");
    mkdirSync(jobs);
    image = await buildImage(folder, process.env.TEST_LONG === "1");
  }, BUILD_LIMIT_MS);
  afterAll(() => image?.remove());

  /** Starts what a container of it would, with no variables but the image's and these. */
  const start = (args: readonly string[], env: Record<string, string>) => {
    const { entrypoint, cmd, env: own } = image.recipe;
    expect(entrypoint).toEqual(["bun"]);
    return Bun.spawn([process.execPath, ...(args.length > 0 ? args : cmd)], {
      cwd: image.app,
      env: { HOME: "/nonexistent", ...own, TESSERA_DIR: jobs, ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
  };

  test("has everything that its programs import", () => {
    const sources = treeOf(image.app).filter((path) => /^(?!node_modules).*\.tsx?$/.test(path));
    expect(sources.length).toBeGreaterThan(100);
    const missing = sources.flatMap((path) => {
      if (path.startsWith(join("shared", "kernels", "assembly"))) return []; // the compiler's, not Bun's
      const here = join(image.app, path);
      const text = readFileSync(here, "utf8");
      const names = TRANSPILER.scanImports(text.replace(/^#!.*/, "")).map((found) => found.path);
      names.push(...[...text.matchAll(FILE_URL)].map((match) => match[1]!));
      return names.filter((name) => !isThere(name, here)).map((name) => `${path} imports ${name}`);
    });
    expect(missing).toEqual([]);
  });

  const isThere = (name: string, from: string): boolean => {
    if (name.startsWith(".")) return existsSync(join(dirname(from), name));
    const packageName = name.split("/", name.startsWith("@") ? 2 : 1).join("/");
    return (
      name.startsWith("bun:") ||
      builtinModules.includes(name.replace(/^node:/, "")) ||
      existsSync(join(image.app, "node_modules", packageName))
    );
  };

  test("has every program that the project's scripts start for good", () => {
    const { scripts } = JSON.parse(readFileSync(join(image.app, "package.json"), "utf8"));
    const started = Object.values<string>(scripts).flatMap(
      (script) => /\b\w+\/main\.ts\b/.exec(script)?.[0] ?? [],
    );
    const lasting = started.filter((program) => PROGRAMS.includes(program));
    expect(lasting).toContain("embedded/main.ts");
    expect(lasting.filter((program) => !existsSync(join(image.app, program)))).toEqual([]);
  });

  test("has no compiler, no test, no second Bun and no package that only development needs", () => {
    const { devDependencies } = JSON.parse(readFileSync(join(image.app, "package.json"), "utf8"));
    const packages = [...Object.keys(devDependencies), "bun", "@oven", ".bin"];
    const there = [
      ...packages.map((name) => join("node_modules", name)),
      "test",
      "bench",
      "samples",
      "deploy/image.ts",
    ];
    expect(there.filter((path) => existsSync(join(image.app, path)))).toEqual([]);
  });

  test("processes an image where only the folder of its jobs can be written to", async () => {
    image.seal();
    const before = stateOf(image.app);
    const server = start([], { TESSERA_PORT: "0" });
    try {
      const url = await addressOf(server.stdout);
      expect(await (await fetch(url)).text()).toContain("<title>Tessera</title>");
      const asked = start(image.recipe.health.slice(1), { TESSERA_PORT: new URL(url).port });
      expect(await asked.exited).toBe(0);

      const pixels = { width: 700, height: 300, channels: 3 as const, background: "teal" };
      const body = await sharp({ create: pixels }).jpeg().toBuffer();
      const query = new URLSearchParams({ pipeline: "blur(sigma=2) | rotate_90", format: "png" });
      const headers = { "content-type": "image/jpeg" };
      const sent = await fetch(`${url}/v1/jobs?${query}`, { method: "POST", headers, body });
      const { id } = (await sent.json()) as JobView;
      const result = await resultOf(`${url}/v1/jobs/${id}`);
      expect(await sharp(result).metadata()).toMatchObject({ format: "png", width: 300, height: 700 });

      server.kill("SIGTERM");
      expect(await server.exited).toBe(0);
      expect(await server.stderr.text()).toBe("");
    } finally {
      server.kill("SIGKILL");
    }
    expect(stateOf(image.app)).toEqual(before);
    expect(existsSync(join(jobs, "data"))).toBe(false);
  });

  test("has the command, too", async () => {
    const command = start(["cli/tessera.ts", "transforms"], {});
    expect(await command.stdout.text()).toContain("unsharp_mask");
    expect(await command.exited).toBe(0);
  });
});

/** The address that a server says first. */
async function addressOf(out: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const reader = out.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`It did not start: ${said}`);
    said += value;
  }
  return /http:\S+/.exec(said)![0];
}

/** The bytes of a job's result, asked for until they are there. */
async function resultOf(job: string): Promise<Uint8Array> {
  for (;;) {
    const { state } = (await (await fetch(job)).json()) as JobView;
    if (state === "failed") throw new Error("The job failed.");
    if (state === "done") return (await fetch(`${job}/result`)).bytes();
  }
}
