import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isErrorCode } from "../../shared/errors.ts";
import { readSource } from "../support/sources.ts";
import { unknownIn } from "./variables.ts";

const DOCS = join(import.meta.dir, "..", "..", "docs");
const PAGE = readSource("docs/deployment.md");

const all = (pattern: RegExp, text = PAGE): string[] => [...text.matchAll(pattern)].map((match) => match[1]!);

/** As Markdown's readers make an anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");

describe("the page on deployment", () => {
  test("leads to headings and files that are there", () => {
    const anchors = all(/^##+ (.+)$/gm).map((heading) => `#${anchorOf(heading)}`);
    const links = all(/\]\(([^)\s]+)\)/g).filter((link) => !link.startsWith("https:"));
    const isThere = (link: string) =>
      link.startsWith("#") ? anchors.includes(link) : existsSync(join(DOCS, link));
    expect(links.filter((link) => /^(#|\.\.\/)/.test(link) && !isThere(link))).toEqual([]);
  });

  test("tells what to do about every error of the bus, and of no error that there is not", () => {
    const codes = all(/^\| `(\w+)` /gm).filter((code) => !/^[A-Z]/.test(code));
    expect(codes.filter((code) => !isErrorCode(code))).toEqual([]);
    const ofTheBus = new Set(all(/^ {2}(bus_\w+):/gm, readSource("shared/errors.ts")));
    expect(ofTheBus.size).toBeGreaterThan(8);
    expect([...ofTheBus].filter((code) => !codes.includes(code))).toEqual([]);
  });

  test("names variables that are known to Tessera, or to compose.yaml", () => {
    const ofCompose = all(/\$\{(\w+)/g, readSource("compose.yaml"));
    expect(ofCompose).toContain("TESSERA_WORKER_MEMORY");
    const named = all(/\b(TESSERA_[A-Z_]*[A-Z])\b/g);
    expect(unknownIn(named).filter((name) => !ofCompose.includes(name))).toEqual([]);
    for (const name of ofCompose) expect(named).toContain(name);
  });

  test("has examples that can be read", () => {
    const examples = all(/```yaml\n([\s\S]*?)```/g);
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples) expect(Bun.YAML.parse(example)).toBeObject();
  });
});
