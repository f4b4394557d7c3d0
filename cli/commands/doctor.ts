import type { Command } from "commander";
import type { Finding } from "../doctor/finding.ts";
import { EXIT } from "../failure.ts";
import { type RemoteOptions, withMaster } from "../remote.ts";
import { paint, printJson } from "../terminal.ts";

const EXAMPLES = `
Examples:
  $ tessera doctor
  $ tessera doctor --master https://tessera.example.com
  $ tessera doctor --json | jq '.findings[] | select(.state == "wrong")'

The exit code is 1 if something is wrong.`;

export function addDoctor(program: Command): void {
  withMaster(program.command("doctor"))
    .summary("look what is wrong, and say what to do")
    .description("Looks at the settings, this machine, the folder of the jobs, Kafka and the master.")
    .option("--kafka", "look at Kafka even if nothing is set for it")
    .option("--json", "one object with all findings")
    .addHelpText("after", EXAMPLES)
    .action(async (options: RemoteOptions & { kafka?: boolean }) => {
      const { examine } = await import("../doctor/examine.ts");
      const findings: Finding[] = [];
      for await (const finding of examine(options)) {
        findings.push(finding);
        if (!options.json) print(finding);
      }
      const well = findings.every(({ state }) => state !== "wrong");
      if (options.json) printJson({ ok: well, findings });
      process.exitCode = well ? EXIT.ok : EXIT.failure;
    });
}

const STYLES = { ok: "green", warning: "cyan", wrong: "red", skipped: "dim" } as const;

function print({ check, state, found, advice }: Finding): void {
  const mark = paint(process.stdout, STYLES[state], state.padEnd(8));
  process.stdout.write(`${mark} ${check.padEnd(18)} ${found}\n`);
  if (advice !== undefined) process.stdout.write(`${" ".repeat(28)}→ ${advice}\n`);
}
