/**
 * Compiles the AssemblyScript kernels to `kernels.wasm` beside this file, unless that is already what the sources
 * give. Runs after every install; without the compiler (a production install) an up-to-date build must be there.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FEATURES = "simd,relaxed-simd,bulk-memory";
const FLAGS = ["--enable", FEATURES, "-O3", "--converge", "--runtime", "stub", "--noAssert"];
const MEMORY = ["--initialMemory", "64", "--maximumMemory", "32768"];

const here = import.meta.dir;
const sources = join(here, "assembly");
const wasm = join(here, "kernels.wasm");
const stamp = join(here, "kernels.hash");

const hash = createHash("sha256").update([...FLAGS, ...MEMORY].join(" "));
for (const file of readdirSync(sources).sort()) hash.update(file).update(readFileSync(join(sources, file)));
const wanted = hash.digest("hex");

const current = existsSync(wasm) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
if (!current) {
  // Run, not imported: the compiler's types would declare its own globals for the whole project.
  const asc = Bun.resolveSync("assemblyscript/bin/asc.js", here);
  const args = [join(sources, "index.ts"), "-o", wasm, ...FLAGS, ...MEMORY];
  const { exitCode } = Bun.spawnSync([process.execPath, asc, ...args], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (exitCode !== 0) process.exit(1);
  writeFileSync(stamp, wanted);
}
