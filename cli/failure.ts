import { CommanderError } from "commander";
import { asTesseraError, type ErrorCode, TesseraError } from "../shared/errors.ts";
import { paint } from "./terminal.ts";

export const EXIT = { ok: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** The command was not written as it has to be. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was asked for cannot be meant: the same as a mistyped option. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  "pipeline_invalid",
  "pipeline_syntax",
  "pipeline_too_long",
  "output_invalid",
  "request_invalid",
]);

export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** How a key is said here. */
const OUR_KEY = "The key of this command is client.key (TESSERA_CLIENT_KEY).";

export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof UsageError) return { code: "usage", message: thrown.message };
  if (thrown instanceof CommanderError)
    return { code: "usage", message: thrown.message.replace(/^error: /, "").replace(/\n/g, " ") };
  const { code, message } = asTesseraError(thrown);
  if (code === "unauthorized") return { code, message: `${message} ${OUR_KEY}` };
  return { code, message };
}

export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof UsageError || thrown instanceof CommanderError) return EXIT.usage;
  return thrown instanceof TesseraError && USAGE_CODES.has(thrown.code) ? EXIT.usage : EXIT.failure;
}

/** On stderr for people, on stdout as an object for programs. What we did not expect comes with its stack. */
export function printError(thrown: unknown, json: boolean): void {
  const failure = failureOf(thrown);
  // Without a command the help has been printed, and says it all.
  if (thrown instanceof CommanderError && thrown.code === "commander.help") return;
  if (json) process.stdout.write(`${JSON.stringify({ error: failure })}\n`);
  else process.stderr.write(`${errorLine(failure)}\n`);
  if (failure.code === "internal" && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`);
}

export const errorLine = ({ code, message }: Failure): string =>
  `${paint(process.stderr, "red", "tessera:")} ${message} ${paint(process.stderr, "dim", `(${code})`)}`;
