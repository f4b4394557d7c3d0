import { describe, expect, test } from "bun:test";
import { dirname, join, normalize } from "node:path";
import { readSource, sourceFiles } from "./support/sources.ts";

/** Who may import what (a package's name, or a path from the root). The reasons stand in ARCHITECTURE.md. */
const PACKAGES: readonly { what: string; imports: RegExp; only: RegExp }[] = [
  { what: "the Kafka driver", imports: /^kafkajs$/, only: /^shared\/bus\/kafka/ },
  { what: "the job store", imports: /^bun:sqlite$/, only: /^master\/store\// },
  {
    what: "the tile pool and the master's own pools",
    imports: /^piscina$/,
    only: /^(worker\/|master\/(codec|packing|preview)\/|master\/threads\.ts)/,
  },
  {
    what: "the image codecs and the op engines",
    imports: /^(sharp|@napi-rs\/image)$/,
    only: /^(master\/(codec|probe|ingest|export)|shared\/ops)\//,
  },
  { what: "the HTTP edge", imports: /^hono(\/|$)/, only: /^(master\/http|embedded)\// },
  { what: "who may do what", imports: /^jose$/, only: /^master\/access\// },
  { what: "the upload", imports: /^busboy$/, only: /^master\/(accept|http)\// },
  { what: "addresses", imports: /^ipaddr\.js$/, only: /^(master\/(limiting|outbound)|shared\/config)\// },
  { what: "the client", imports: /^eventsource-parser$/, only: /^client\// },
  { what: "archives", imports: /^(client-zip|modern-tar)$/, only: /^master\/batches\// },
  { what: "metrics", imports: /^prom-client$/, only: /^shared\/metrics\.ts$/ },
  { what: "the log", imports: /^pino$/, only: /^shared\/log\.ts$/ },
  { what: "the command line", imports: /^commander$/, only: /^cli\// },
  { what: "the page", imports: /^(preact|@preact\/.*|uplot|openseadragon)(\/|$)/, only: /^page\// },
  { what: "the kernels' build", imports: /^assemblyscript(\/|$)/, only: /^shared\/kernels\/build\.ts$/ },
  {
    what: "the op engines, the payload and previews",
    imports: /^shared\/kernels\//,
    only: /^(shared\/(ops|kernels|payload)|worker|master\/(packing|preview))\//,
  },
];

const LAYERS: readonly { what: string; files: RegExp; never: RegExp }[] = [
  {
    what: "shared imports no other layer",
    files: /^shared\//,
    never: /^(master|worker|embedded|cli|page|samples|bench|test)\//,
  },
  {
    what: "master never imports worker",
    files: /^master\//,
    never: /^(worker|embedded|cli|samples|bench|test)\//,
  },
  {
    what: "worker never imports master",
    files: /^worker\//,
    never: /^(master|embedded|cli|samples|bench|test)\//,
  },
  {
    what: "the composition root is imported by the edges only",
    files: /^embedded\//,
    never: /^(cli|samples|bench|test)\//,
  },
  {
    what: "the client is nothing but the contract",
    files: /^client\//,
    never: /^(?!client\/|shared\/(api\/|errors\.ts$)|@sinclair\/typebox$|eventsource-parser$)/,
  },
  {
    what: "the product does not need its client, but for the command line",
    files: /^(master|worker|shared|embedded)\//,
    never: /^client\//,
  },
  {
    what: "the page is built on what everyone can have: the client and the contract",
    files: /^page\/\w+\//,
    never:
      /^(?!page\/|client\/|shared\/(api\/|pipeline\/(expectation|nearest|step|text)\.ts$|errors\.ts$|geometry\.ts$|pages\.ts$)|@?preact|uplot|openseadragon)/,
  },
  {
    what: "the product does not need the page's sources",
    files: /^(master|worker|shared|embedded|client|cli)\//,
    never: /^page\//,
  },
  { what: "samples stand alone", files: /^samples\//, never: /^(master|worker|embedded|cli|bench|test)\// },
  { what: "the local Kafka stands alone", files: /^kafka\//, never: /^(?!kafka\/)[^:]*\// },
  { what: "the product brings no Kafka", files: /^(?!kafka\/|test\/|bench\/)/, never: /^kafka\// },
  { what: "the product does not need its tests", files: /^(?!test\/|bench\/)/, never: /^(test|bench)\// },
  {
    what: "kernels import nothing",
    files: /^shared\/kernels\/assembly\//,
    never: /^(?!shared\/kernels\/assembly\/)/,
  },
];

/** Pictures for tests, benchmarks and tests themselves compare with the libraries, so they may import any. */
const FREE = /^(samples|bench|test)\//;

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"'\n]+)["']|new URL\(\s*["'](\.[^"'\n]+)["']/g;

interface Import {
  readonly file: string;
  readonly target: string;
}

/** Types too: who needs another's types depends on it. */
function importsOf(file: string): Import[] {
  return [...readSource(file).matchAll(IMPORT)].map((match) => {
    const name = match[1] ?? match[2]!;
    return { file, target: name.startsWith(".") ? normalize(join(dirname(file), name)) : name };
  });
}

const IMPORTS = sourceFiles().flatMap(importsOf);
const shown = ({ file, target }: Import): string => `${file} imports ${target}`;

describe("import boundaries", () => {
  test("are looked at in every folder", () => {
    const folders = new Set(IMPORTS.map(({ file }) => file.split("/")[0]));
    for (const folder of ["master", "worker", "shared", "cli", "samples", "test"])
      expect(folders).toContain(folder);
    expect(IMPORTS).toContainEqual({ file: "test/boundaries.test.ts", target: "test/support/sources.ts" });
  });

  for (const { what, imports, only } of PACKAGES) {
    test(`only ${what}: ${imports.source}`, () => {
      const wrong = IMPORTS.filter(
        ({ file, target }) => imports.test(target) && !only.test(file) && !FREE.test(file),
      );
      expect(wrong.map(shown)).toEqual([]);
    });
  }

  for (const { what, files, never } of LAYERS) {
    test(what, () => {
      const wrong = IMPORTS.filter(({ file, target }) => files.test(file) && never.test(target));
      expect(wrong.map(shown)).toEqual([]);
    });
  }
});
