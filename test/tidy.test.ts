import { describe, expect, test } from "bun:test";
import { projectFiles, readSource, sourceFiles } from "./support/sources.ts";

const LINES_MAX = 400;

const TEXT = projectFiles("**/*.{ts,tsx,md,json,toml,yaml,yml,css,html}").concat(projectFiles(".ci/*"));
const TESTS = sourceFiles().filter((file) => file.startsWith("test/"));

/** The lines of `files` that `pattern` finds. Patterns are put together from parts, lest they find themselves. */
function linesWith(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    readSource(file)
      .split("\n")
      .flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
}

const anyOf = (...parts: string[]): RegExp => new RegExp(parts.join("|"));

describe("the repository", () => {
  test(`has no source file of more than ${LINES_MAX} lines`, () => {
    const long = sourceFiles().filter((file) => readSource(file).split("\n").length > LINES_MAX + 1);
    expect(long).toEqual([]);
  });

  test("names no place on anyone's machine", () => {
    const places = ["home", "Users", "root", "work", "mnt", "private"].map(
      (name) => `["'\`\\s(=]/${name}/[\\w.-]`,
    );
    expect(linesWith(TEXT, anyOf(...places))).toEqual([]);
  });

  test("reads its settings in one place", () => {
    const product = sourceFiles().filter((file) => !/^(test|bench)\//.test(file));
    expect(linesWith(product, anyOf("\\benv\\??\\.TESSERA_", "\\benv\\[.TESSERA_"))).toEqual([]);
  });

  test("names no package registry in its lockfile", () => {
    expect(linesWith(["bun.lock"], anyOf("https?:", "registry\\."))).toEqual([]);
  });

  test("has tests that wait for signals, never for time", () => {
    const sleeps = anyOf(
      "Bun\\.sleep",
      "\\bsleep" + "Sync\\(",
      "timers/" + "promises",
      "\\bsetTime" + "out\\(",
    );
    expect(linesWith(TESTS, sleeps).filter((line) => !line.startsWith("test/tidy.test.ts"))).toEqual([]);
  });

  test("has no test that is left out or singled out", () => {
    const marks = anyOf("\\b(test|it|describe)\\.(only|skip|todo|failing)\\b");
    expect(linesWith(TESTS, marks).filter((line) => !line.startsWith("test/tidy.test.ts"))).toEqual([]);
  });

  test("has one version of Bun everywhere, and exact versions of everything", () => {
    const manifest = JSON.parse(readSource("package.json"));
    const version: string = manifest.dependencies.bun;
    expect(manifest.devDependencies["@types/bun"]).toBe(version);
    for (const [, named] of readSource("package.json").matchAll(/bun@([\d.]+)/g)) expect(named).toBe(version);
    for (const [name, wanted] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect(`${name} ${wanted}`).toMatch(/ \d+\.\d+\.\d+$/);
    expect(readSource("biome.json")).toContain(`/${manifest.devDependencies["@biomejs/biome"]}/`);
  });
});
