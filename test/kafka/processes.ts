import { join } from "node:path";
import { linesIn } from "../support/lines.ts";

const ROOT = join(import.meta.dir, "..", "..");

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
  const said: string[] = [];
  for await (const line of linesIn(stdout)) {
    if (line.includes(text)) return line;
    said.push(line);
  }
  throw new Error(`It ended without saying ${text}:\n${said.join("\n")}`);
}
