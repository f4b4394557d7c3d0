/**
 * `npm test`: the checks, then every test file in a process of its own, as many at once as there are cores. So a file
 * cannot disturb another by globals, timers or native libraries, and a crash is blamed on the file that had it.
 * Files named `*.alone.test.ts` (those that measure time or memory) run by themselves at the end.
 *
 *     bun test/run.ts [--long] [PART OF A PATH…]
 *
 * `--long` tells the tests to take their time (TEST_LONG=1). With parts of paths only these files run, and no
 * checks; but `test/http` has its check whether every answer was provoked. The last line is always `N passed, N failed`, with `, N skipped` if any were.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { printCheck, runChecks } from "./check.ts";
import { unprovoked } from "./http/coverage.ts";

const ROOT = join(import.meta.dir, "..");
/**
 * One test may take so long (bunfig.toml cannot set this), and one file: the runner's own limit cannot stop a loop that
 * never yields.
 */
const LIMITS = {
  short: { testMs: 5 * 60_000, fileMs: 20 * 60_000 },
  long: { testMs: 30 * 60_000, fileMs: 120 * 60_000 },
};

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const { values, positionals } = parseArgs({
  options: { long: { type: "boolean", default: false } },
  allowPositionals: true,
});
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
/** What each file that failed said, without what passed: the end of a long output is what one looks at first. */
const failures = new Map<string, string>();
const FAILURE_CHARACTERS_MAX = 4000;
const reports = mkdtempSync(join(tmpdir(), "tessera-test-"));
/** Tests of HTTP note here what was answered. */
const answers = join(reports, "answers");

function testFiles(): { together: string[]; alone: string[] } {
  const wanted = (file: string) =>
    positionals.length === 0 || positionals.some((part) => file.includes(part));
  const files = [...new Bun.Glob("test/**/*.test.ts").scanSync(ROOT)].sort().filter(wanted);
  const isAlone = (file: string) => file.endsWith(".alone.test.ts");
  return { together: files.filter((file) => !isAlone(file)), alone: files.filter(isAlone) };
}

async function runAll(files: readonly string[], atOnce: number): Promise<void> {
  const queue = [...files];
  const next = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) await runFile(file);
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}

async function runFile(file: string): Promise<void> {
  const report = join(reports, `${file.replaceAll(/[\\/]/g, "_")}.xml`);
  const limits = values.long ? LIMITS.long : LIMITS.short;
  const options = [
    "--no-orphans",
    `--timeout=${limits.testMs}`,
    "--reporter=junit",
    `--reporter-outfile=${report}`,
  ];
  const child = Bun.spawn([process.execPath, "test", `./${file}`, ...options], {
    cwd: ROOT,
    env: { ...process.env, TEST_ANSWERS: answers, ...(values.long && { TEST_LONG: "1" }) },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: limits.fileMs,
    killSignal: "SIGKILL",
  });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const counts = readReport(report);
  // No report: it crashed, hung, could not be loaded or has no tests.
  // A bad status without a failure: something broke between tests.
  const none = counts.passed + counts.failed + counts.skipped === 0;
  if ((status !== 0 && counts.failed === 0) || none) counts.failed = 1;
  if (status !== 0 || none)
    failures.set(`${file} (${child.signalCode ?? `status ${status}`})`, withoutPasses(withoutBanner(err)));
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  process.stdout.write(`${withoutBanner(err)}${withoutBanner(out)}\n`);
}

/** What the root element of a JUnit report says. */
function readReport(path: string): Counts {
  const root = existsSync(path) ? (/<testsuites [^>]*>/.exec(readFileSync(path, "utf8"))?.[0] ?? "") : "";
  const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(root)?.[1] ?? 0);
  const [tests, failed, skipped] = [count("tests"), count("failures"), count("skipped")];
  return { passed: tests - failed - skipped, failed, skipped };
}

/** What the service promises to answer, some test has made it answer. */
function checkAnswered(): void {
  const missing = unprovoked(existsSync(answers) ? readFileSync(answers, "utf8") : "");
  const passed = missing.length === 0;
  const output = missing.join("\n");
  printCheck({ name: "every answer that the routes promise is provoked", passed, output });
  total[passed ? "passed" : "failed"]++;
}

const withoutBanner = (text: string): string => text.replace(/^bun test v.*\n\n?/, "");
const withoutPasses = (text: string): string => text.replaceAll(/^\(pass\).*\n/gm, "");

try {
  const checks = positionals.length === 0 ? await runChecks(printCheck) : [];
  for (const check of checks) total[check.passed ? "passed" : "failed"]++;
  const { together, alone } = testFiles();
  await runAll(together, availableParallelism());
  await runAll(alone, 1);
  if (positionals.length === 0 || positionals.includes("test/http")) checkAnswered();
} finally {
  rmSync(reports, { recursive: true, force: true });
}
for (const [file, said] of [...failures].sort())
  console.log(`failed: ${file}\n${said.trim().slice(-FAILURE_CHARACTERS_MAX)}\n`);
console.log(
  `${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`,
);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
