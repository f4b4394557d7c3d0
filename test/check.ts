/**
 * `bun run check`: what can be known without running anything. Import boundaries and tidiness are tests of their own.
 * The tools are started by this bun, since they must run where there is no Node.
 */
import { join } from "node:path";

export interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly output: string;
}

const CHECKS = [
  { name: "types", tool: "tsc", args: ["--project", "."] },
  { name: "types of the page", tool: "tsc", args: ["--project", "page"] },
  { name: "types of the page's tests", tool: "tsc", args: ["--project", "test/page"] },
  { name: "lint and format", tool: "biome", args: ["check", "--error-on-warnings", "."] },
  { name: "unused files, exports and dependencies", tool: "knip", args: ["--no-progress"] },
] as const;

const ROOT = join(import.meta.dir, "..");

/** Runs every check, all at once, and reports each as it ends. */
export function runChecks(report: (check: Check) => void): Promise<Check[]> {
  return Promise.all(
    CHECKS.map(async ({ name, tool, args }) => {
      const command = [process.execPath, join(ROOT, "node_modules", ".bin", tool), ...args];
      const child = Bun.spawn(command, { cwd: ROOT, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
      const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      const check = { name, passed: status === 0, output: `${out}${err}`.trim() };
      report(check);
      return check;
    }),
  );
}

export function printCheck({ name, passed, output }: Check): void {
  console.log(`(${passed ? "pass" : "fail"}) check > ${name}`);
  if (!passed) console.log(`${output}\n`);
}

if (import.meta.main) {
  const checks = await runChecks(printCheck);
  process.exitCode = checks.every((check) => check.passed) ? 0 : 1;
}
