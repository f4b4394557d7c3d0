import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");

export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tessera-test-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const startScript = (
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) =>
  Bun.spawn([process.execPath, join(ROOT, script), ...args], {
    env: { ...process.env, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });

type Started = ReturnType<typeof startScript>;

/** The first line that holds `text`. */
export async function lineWith(text: string, { stdout }: Started): Promise<string> {
  let said = "";
  for await (const chunk of stdout.pipeThrough(new TextDecoderStream())) {
    said += chunk;
    const line = said
      .split("\n")
      .slice(0, -1)
      .find((line) => line.includes(text));
    if (line !== undefined) return line;
  }
  throw new Error(`It ended without saying ${text}:\n${said}`);
}
