import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { startServer } from "../../embedded/server.ts";
import { type CommandOf, curlCommand, runCommand, submitCommand } from "../../page/new_job/commands.ts";
import { filePath, quoted } from "../../page/new_job/shell_words.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-commands-"));
const server = startServer({ dir: join(folder, "server") });
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What programs of a real shell are given. */
function argumentsOf(commandLine: string): string[] {
  const { stdout, success } = Bun.spawnSync(["sh", "-c", `printf '%s\\0' ${commandLine}`]);
  expect(success).toBe(true);
  return stdout.toString().split("\0").slice(0, -1);
}

const HOSTILE = [
  "$(touch pwned).jpg",
  "a'b\"c.png",
  "`id`.jpg",
  "-rf.jpg",
  "two\nlines.jpg",
  "x; rm y.jpg",
  "ü €.jpg",
];

const wanted = (file: string): CommandOf => ({
  ...{ server: server.url.replace(/\/$/, ""), needsKey: false, images: [{ file }] },
  pipeline: 'blur(sigma=2) | tint(color="#ff0000")',
  options: { format: "png", labels: "a:it's, b:$HOME" },
});

describe("commands for a shell", () => {
  test("give programs every word as it is, whatever stands in it", () => {
    const anyWord = fc
      .oneof(fc.string({ unit: "grapheme" }), fc.constantFrom(...HOSTILE))
      .map((word) => word.replaceAll("\0", ""));
    fc.assert(
      fc.property(fc.array(anyWord, { minLength: 1, maxLength: 20 }), (words) => {
        const fine = words.map((word) => word.toWellFormed());
        expect(argumentsOf(fine.map(quoted).join(" "))).toEqual(fine);
      }),
      { numRuns: 30 },
    );
  });

  test("name files so that no program takes them for an option or its input", () => {
    for (const name of ["-", "-o", "@x", "http://x", ...HOSTILE])
      expect(filePath(name)).toMatch(/^(\.\/|\w)/);
    expect(filePath("photo 1.jpg")).toBe("photo 1.jpg");
  });

  test("say the same to the command line as the view would say to the server", () => {
    expect(argumentsOf(runCommand(wanted("-x.jpg")))).toEqual([
      ...["tessera", "run", "./-x.jpg", "--do", wanted("").pipeline, "--format", "png"],
      ...["--output", "./-x-done.png"],
    ]);
    expect(argumentsOf(submitCommand(wanted("a b.jpg")))).toEqual([
      ...["tessera", "submit", "a b.jpg", "--master", wanted("").server],
      ...["--do", wanted("").pipeline, "--format", "png", "--label", "a=it's", "--label", "b=$HOME"],
    ]);
    expect(runCommand({ ...wanted("a.jpg"), images: [{ file: "a.jpg" }, { file: "b.jpg" }] })).toContain(
      "--output done/",
    );
  });

  test("name an image's address where it has one, and take the key from the environment", () => {
    const of: CommandOf = { ...wanted(""), images: [{ url: "https://x.test/it's.jpg" }], needsKey: true };
    const [, , header, key, json, body] = argumentsOf(curlCommand(of));
    expect([header, json]).toEqual(["-H", "--json"]);
    expect(key).toBe(`Authorization: Bearer ${process.env.TESSERA_CLIENT_KEY ?? ""}`);
    expect(JSON.parse(body!)).toEqual({
      source: { url: "https://x.test/it's.jpg" },
      ...{ pipeline: of.pipeline, format: "png", labels: { a: "it's", b: "$HOME" } },
    });
  });
});

describe("the curl command", () => {
  let picture: Uint8Array;
  beforeAll(async () => {
    picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
      .png()
      .toBuffer();
  });

  for (const name of HOSTILE)
    test(`sends a file that is called ${JSON.stringify(name)}, as curl itself reads it`, async () => {
      await Bun.write(join(folder, name), picture);
      const curl = Bun.spawn(["sh", "-c", `${curlCommand(wanted(name))} -s`], { cwd: folder });
      const answer = await new Response(curl.stdout).text();
      expect(await curl.exited).toBe(0);
      const job = JSON.parse(answer);
      expect(job.pipeline.map(({ op }: { op: string }) => op)).toEqual(["blur", "tint"]);
      expect(job.labels).toEqual({ a: "it's", b: "$HOME" });
    });
});
