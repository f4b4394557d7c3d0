#!/usr/bin/env bun
import { CommanderError } from "commander";
import { exitCodeOf, printError } from "./failure.ts";
import { buildProgram } from "./program.ts";

// Whoever reads our output may stop when they have seen enough, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

try {
  await buildProgram().parseAsync();
} catch (thrown) {
  // Help and version are ends too, and have been printed.
  const isEnd = thrown instanceof CommanderError && thrown.exitCode === 0;
  if (!isEnd) {
    printError(thrown, process.argv.includes("--json"));
    process.exitCode = exitCodeOf(thrown);
  }
}
