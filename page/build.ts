/**
 * Puts the page together in `dist/`, unless that is already what the sources give. Runs after every install; without
 * what the page is made of (a production install) an up-to-date build must be there.
 *
 *     bun page/build.ts
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join, relative } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const here = import.meta.dir;
const root = join(here, "..");
const dist = join(here, "dist");
const stamp = join(dist, "sources.hash");

/** All that the page is made of. */
const SOURCES = [
  "page",
  "client",
  "shared/api",
  "shared/pipeline",
  "shared/errors.ts",
  "shared/pages.ts",
  "bun.lock",
];
/** What gets smaller by compression, for browsers that take it so. */
const COMPRESSED = /\.(html|js|css|svg)$/;

function filesOf(path: string): string[] {
  if (statSync(join(root, path)).isFile()) return [path];
  const entries = readdirSync(join(root, path), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(dist))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

const hash = createHash("sha256").update(Bun.version);
for (const file of SOURCES.flatMap(filesOf)) hash.update(file).update(readFileSync(join(root, file)));
const wanted = hash.digest("hex");

if (!(existsSync(stamp) && readFileSync(stamp, "utf8") === wanted)) {
  const built = await Bun.build({
    entrypoints: [join(here, "index.html")],
    target: "browser",
    format: "esm",
    splitting: true,
    minify: true,
    publicPath: "/assets/",
    naming: { entry: "[name].[ext]", chunk: "[name]-[hash].[ext]", asset: "[name]-[hash].[ext]" },
    define: { "process.env.NODE_ENV": '"production"' },
  });
  // Elsewhere first: a server that runs never sees half of it.
  const made = `${dist}.new`;
  rmSync(made, { recursive: true, force: true });
  mkdirSync(join(made, "assets"), { recursive: true });
  for (const output of built.outputs) {
    const name = basename(output.path);
    const path = name === "index.html" ? join(made, name) : join(made, "assets", name);
    const bytes = Buffer.from(await output.arrayBuffer());
    writeFileSync(path, bytes);
    if (COMPRESSED.test(name)) {
      writeFileSync(`${path}.br`, brotliCompressSync(bytes));
      writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    }
  }
  writeFileSync(join(made, "sources.hash"), wanted);
  rmSync(dist, { recursive: true, force: true });
  renameSync(made, dist);
}
