/** `bun run docs`: writes docs/configuration.md from the table of settings. */
import { join } from "node:path";
import { expected, SETTINGS, type Setting, shown } from "./setting.ts";

export const DOCUMENT = join(import.meta.dir, "..", "..", "docs", "configuration.md");

const HEAD = `<!-- Made by \`bun run docs\` from shared/config/table.ts. -->

# Configuration

A setting comes from the last of these that names it:

1. its default,
2. a TOML file, whose path the variable \`TESSERA_CONFIG\` gives,
3. its variable.

\`tessera config\` shows what is in force and where it comes from. What is wrong is told all at once, when a process starts; a name that does not exist is wrong too.

\`\`\`toml
# tessera.toml
port = 9000

[kafka]
brokers = ["kafka-1:9093", "kafka-2:9093"]
tls = true
sasl = "scram-sha-512"
username = "tessera"
password_file = "/run/secrets/kafka-password"
message_bytes = "16 MiB"
\`\`\`

The same as variables:

\`\`\`sh
TESSERA_PORT=9000
TESSERA_KAFKA_BROKERS=kafka-1:9093,kafka-2:9093
TESSERA_KAFKA_TLS=true
TESSERA_KAFKA_SASL=scram-sha-512
TESSERA_KAFKA_USERNAME=tessera
TESSERA_KAFKA_PASSWORD_FILE=/run/secrets/kafka-password
TESSERA_KAFKA_MESSAGE_BYTES=16MiB
\`\`\`

- A **secret** is never shown, and may be given by a file that holds it: add \`_FILE\` to its variable, or \`_file\` to its name.
- Sizes are in bytes, or with KiB, MiB, GiB or TiB.
- Paths are relative to the folder in which the process starts.
- A variable that is empty counts as not set.
- Kubernetes gives variables of its own to containers beside a service called \`tessera\`, which are no settings: set \`enableServiceLinks: false\`.
`;

/** The whole of docs/configuration.md. */
export function configurationDocument(): string {
  const groups = [...new Set(SETTINGS.map(({ group }) => group?.name))];
  const sections = groups.map((name) => {
    const rows = SETTINGS.filter(({ group }) => group?.name === name);
    const { title = "General", description } = rows[0]!.group ?? {};
    const heading = name === undefined ? title : `${title}: \`[${name}]\``;
    const intro = description === undefined ? [] : [description, ""];
    return [`## ${heading}`, "", ...intro, ...table([COLUMNS, ...rows.map(rowOf)])].join("\n");
  });
  return [HEAD, ...sections.map((section) => `${section}\n`)].join("\n");
}

const COLUMNS = ["Setting", "Variable", "Value", "Default", "Meaning"];

/** Padded as the formatter wants it, and easy to read as it is. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const [head, ...body] = rows.map(line);
  return [head!, line(widths.map((width) => "-".repeat(width))), ...body];
}

function rowOf(setting: Setting): string[] {
  const { name, variable, schema, secret, variableOnly } = setting;
  const key = variableOnly ? "" : `\`${name}\``;
  const value = secret ? "a secret" : expected(setting);
  const cells = [key, `\`${variable}\``, value, defaultOf(setting), schema.description ?? ""];
  return cells.map((cell) => cell.replaceAll("|", "\\|"));
}

function defaultOf(setting: Setting): string {
  const { otherwise, default: value } = setting.schema;
  if (otherwise !== undefined) return otherwise;
  if (value === undefined) return "";
  const text = shown(setting, value);
  return text === "" ? "empty" : `\`${text}\``;
}

if (import.meta.main) await Bun.write(DOCUMENT, configurationDocument());
