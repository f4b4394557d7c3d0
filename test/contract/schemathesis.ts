import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Makes requests from an OpenAPI document, also wrong ones, and holds the answers to it: https://schemathesis.io. */
const VERSION = "4.32.5";

/** Kept between runs, until the packages are installed anew. */
const HOME = join(import.meta.dir, "..", "..", "node_modules", ".cache", `schemathesis-${VERSION}`);
const READY = join(HOME, "ready");

/** Whether Python is here, and can make an environment of its own. */
export const hasPython = (): boolean =>
  Bun.which("python3") !== null &&
  Bun.spawnSync(["python3", "-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"])
    .success;

/** Runs the tool, which is fetched first if it is not here. @throws Error if it cannot be had */
export async function schemathesis(
  args: readonly string[],
  cwd: string,
): Promise<{ status: number; out: string }> {
  if (!existsSync(READY)) await install();
  return run([join(HOME, "bin", "schemathesis"), "--no-color", ...args], cwd);
}

async function install(): Promise<void> {
  rmSync(HOME, { recursive: true, force: true });
  const pip = join(HOME, "bin", "pip");
  const wanted = `schemathesis==${VERSION}`;
  for (const command of [
    ["python3", "-m", "venv", HOME],
    [pip, "install", "--quiet", "--disable-pip-version-check", wanted],
  ]) {
    const { status, out } = await run(command);
    if (status !== 0) throw new Error(`${command.join(" ")}\n${out}`);
  }
  writeFileSync(READY, "");
}

async function run(command: string[], cwd?: string): Promise<{ status: number; out: string }> {
  const child = Bun.spawn(command, {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, COLUMNS: "200" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { status, out: `${out}${err}` };
}
