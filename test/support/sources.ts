import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");
const NOT_OURS = /^(node_modules|data|coverage|\.git)\//;

/** Every file of the project that `pattern` finds, as a path from the root with forward slashes. */
export function projectFiles(pattern: string): string[] {
  const found = [...new Bun.Glob(pattern).scanSync({ cwd: ROOT, dot: true })];
  return found
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => !NOT_OURS.test(file))
    .sort();
}

export const sourceFiles = (): string[] => projectFiles("**/*.{ts,tsx}");

export const readSource = (file: string): string => readFileSync(join(ROOT, file), "utf8");
