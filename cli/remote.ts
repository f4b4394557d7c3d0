import { type Command, InvalidArgumentError } from "commander";
import type { Client } from "../client/client.ts";
import { EXIT, errorLine, failureOf } from "./failure.ts";
import { printJson } from "./terminal.ts";

/** Of every command that speaks with a master. */
export interface RemoteOptions {
  readonly master?: string;
  readonly json?: boolean;
}

export const withMaster = (command: Command): Command =>
  command.option(
    "--master <url>",
    "address of the master (default: client.master in tessera config)",
    address,
  );

export function address(text: string): string {
  if (/^https?:\/\/[^\s@]+$/.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError("Expected an address like https://tessera.example.com.");
}

/** Whether somebody has said where the master is. @throws config_invalid */
export async function isMasterSaid({ master }: RemoteOptions): Promise<boolean> {
  if (master !== undefined) return true;
  const { effectiveSettings } = await import("../shared/config/load.ts");
  const { DEFAULT } = await import("../shared/config/mistakes.ts");
  return effectiveSettings().some(
    ({ setting, origin }) => setting.name === "client.master" && origin !== DEFAULT,
  );
}

/** The client that the settings describe. @throws config_invalid */
export async function connect({ master }: RemoteOptions): Promise<Client> {
  const { loadSettings } = await import("../shared/config/load.ts");
  const { createClient } = await import("../client/client.ts");
  const { client } = loadSettings();
  return createClient({ url: master ?? client.master, ...(client.key && { key: client.key }) });
}

/** One after the other; what fails is told, and does not keep the next from being done. Gives the exit code. */
export async function forEach(
  names: readonly string[],
  { json }: RemoteOptions,
  act: (name: string) => Promise<void>,
  interrupted?: AbortSignal,
): Promise<number> {
  let exitCode: number = EXIT.ok;
  for (const name of new Set(names)) {
    try {
      await act(name);
    } catch (thrown) {
      interrupted?.throwIfAborted();
      exitCode = EXIT.failure;
      const failure = failureOf(thrown);
      if (json) printJson({ id: name, error: failure });
      else process.stderr.write(`${errorLine({ ...failure, message: `${name}: ${failure.message}` })}\n`);
      if (failure.code === "internal" && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`);
    }
  }
  return exitCode;
}
