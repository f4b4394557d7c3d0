import { join } from "node:path";

/** The command's entry point. */
export const TESSERA = join(import.meta.dir, "..", "..", "cli", "tessera.ts");

export interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export interface Settings {
  readonly env?: Record<string, string | undefined>;
  readonly cwd?: string;
}

/** Without the settings of whoever runs the tests. */
const WITHOUT_SETTINGS = Object.fromEntries(
  Object.keys(process.env).flatMap((name) => (name.startsWith("TESSERA_") ? [[name, undefined]] : [])),
);

/** Starts the command as a user does. */
export function startTessera(args: readonly string[], { env, cwd }: Settings = {}) {
  return Bun.spawn([process.execPath, TESSERA, ...args], {
    env: { ...process.env, ...WITHOUT_SETTINGS, NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
    ...(cwd !== undefined && { cwd }),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** Runs the command to its end. */
export async function tessera(args: readonly string[], settings?: Settings): Promise<Ended> {
  const child = startTessera(args, settings);
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { status, out, err };
}
