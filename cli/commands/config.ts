import type { Command } from "commander";
import type { Effective } from "../../shared/config/load.ts";
import { columns } from "../table.ts";
import { paint, printJson } from "../terminal.ts";

const EXAMPLES = `
Examples:
  $ tessera config
  $ TESSERA_CONFIG=tessera.toml tessera config
  $ tessera config --json | jq -r '.[] | select(.from != "default") | .name'

docs/configuration.md tells what each setting means.`;

export function addConfig(program: Command): void {
  program
    .command("config")
    .summary("show the settings")
    .description("Shows the settings that are in force and where each comes from. Secrets stay hidden.")
    .option("--json", "an array of objects")
    .addHelpText("after", EXAMPLES)
    .action(async (options: { json?: boolean }) => {
      const { effectiveSettings } = await import("../../shared/config/load.ts");
      const settings = effectiveSettings();
      if (options.json) printJson(settings.map(asObject));
      else process.stdout.write(`${asText(settings)}\n`);
    });
}

function asObject({ setting, value, text, origin }: Effective) {
  const { name, variable, secret, schema } = setting;
  const unit = schema.unit || undefined;
  const where = origin.kind === "default" ? undefined : origin.where;
  const shown = secret ? { secret, set: text !== "" } : { value, unit };
  return { name, variable, ...shown, from: origin.kind, where };
}

function asText(settings: readonly Effective[]): string {
  const rows = settings.map(({ setting: { name, variable }, text, origin }) => [
    name,
    text,
    origin.kind === "default" ? "default" : origin.where,
    variable,
  ]);
  const [head, ...lines] = columns(["SETTING", "VALUE", "FROM", "VARIABLE"], rows);
  // what somebody chose stands out
  const painted = lines.map((line, i) =>
    settings[i]!.origin.kind === "default" ? line : paint(process.stdout, "bold", line),
  );
  return [paint(process.stdout, "dim", head!), ...painted].join("\n");
}
