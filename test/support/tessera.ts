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

/** Runs the command to its end on a terminal, in black and white. Gives all that it has drawn, in order. */
export async function tesseraOnTerminal(
  args: readonly string[],
  env: Settings["env"] = {},
): Promise<{ readonly status: number; readonly screen: string }> {
  const decoder = new TextDecoder();
  let screen = "";
  const child = Bun.spawn([process.execPath, TESSERA, ...args], {
    env: { ...process.env, ...WITHOUT_SETTINGS, NO_COLOR: "1", ...env },
    terminal: {
      cols: 160,
      rows: 24,
      data: (_terminal, bytes) => {
        screen += decoder.decode(bytes, { stream: true });
      },
    },
  });
  return { status: await child.exited, screen };
}
