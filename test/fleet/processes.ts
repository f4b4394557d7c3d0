import { join } from "node:path";
import { linesIn } from "../support/lines.ts";

const ROOT = join(import.meta.dir, "..", "..");

/** Without the settings of whoever runs the tests. */
const WITHOUT_SETTINGS = Object.fromEntries(
  Object.keys(process.env).flatMap((name) => (name.startsWith("TESSERA_") ? [[name, undefined]] : [])),
);

interface Waiting {
  readonly text: string;
  resolve(line: string): void;
  reject(error: Error): void;
}

/** A process of Tessera's, as a user starts it, and what it says. */
export class Process {
  /** Both streams' lines, in the order in which they came. */
  readonly said: string[] = [];
  /** Those of standard error. */
  readonly complaints: string[] = [];
  readonly exited: Promise<number | NodeJS.Signals>;
  private readonly child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  private waiting: Waiting[] = [];

  /** @param command what follows `bun`; a script is a path from the root */
  constructor(
    command: readonly string[],
    readonly env: Readonly<Record<string, string>> = {},
  ) {
    this.child = Bun.spawn([process.execPath, ...command], {
      cwd: ROOT,
      env: { ...process.env, ...WITHOUT_SETTINGS, ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.exited = this.live();
  }

  /** The first line with this text, from the given one on. @throws Error if it ends without */
  says(text: string, from = 0): Promise<string> {
    const line = this.said.slice(from).find((each) => each.includes(text));
    if (line !== undefined) return Promise.resolve(line);
    return new Promise((resolve, reject) => this.waiting.push({ text, resolve, reject }));
  }

  /** Sends a signal; resolves with how the process ended, once it has. */
  end(signal: "SIGTERM" | "SIGKILL" | "SIGINT"): Promise<number | NodeJS.Signals> {
    this.signal(signal);
    return this.exited;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  private async live(): Promise<number | NodeJS.Signals> {
    await Promise.all([this.read(this.child.stdout), this.read(this.child.stderr, this.complaints)]);
    await this.child.exited;
    for (const { text, reject } of this.waiting.splice(0))
      reject(new Error(`It ended without saying "${text}":\n${this.said.join("\n")}`));
    return this.child.signalCode ?? this.child.exitCode!;
  }

  private async read(stream: ReadableStream<Uint8Array>, also: string[] = []): Promise<void> {
    for await (const line of linesIn(stream)) {
      this.said.push(line);
      also.push(line);
      const heard = this.waiting.filter(({ text }) => line.includes(text));
      this.waiting = this.waiting.filter((each) => !heard.includes(each));
      for (const { resolve } of heard) resolve(line);
    }
  }
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** The codes that lines name, in order. */
export const codes = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => /\((bus_\w+|config_\w+)\)/.exec(line)?.[1] ?? []);
