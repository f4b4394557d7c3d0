import type { Command } from "commander";
import type { Op } from "../../shared/ops/op.ts";
import { UsageError } from "../failure.ts";
import { paint, printJson } from "../terminal.ts";

const EXAMPLES = `
Examples:
  $ tessera transforms
  $ tessera transforms blur
  $ tessera transforms --json | jq -r '.[].name'`;

/** In the order in which they are listed. */
const KINDS: Readonly<Record<Op["kind"], string>> = {
  curve: "Tone, sample by sample",
  matrix: "Colour, pixel by pixel",
  area: "Filters and geometry",
  statistics: "From figures of the whole image",
};

interface Described {
  readonly name: string;
  readonly summary: string;
  readonly definition: string;
  readonly kind: Op["kind"];
  readonly params: { readonly properties: Record<string, Param> };
}

interface Param {
  readonly default?: unknown;
  readonly description?: string;
}

export function addTransforms(program: Command): void {
  program
    .command("transforms")
    .summary("list the operations")
    .description("Lists the operations with their parameters, or tells all about one.")
    .argument("[name]", "one operation")
    .option("--json", "an array of objects, with parameters as JSON Schema")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string | undefined, options: { json?: boolean }) => {
      const { describeOps } = await import("../../shared/ops/describe.ts");
      const ops: readonly Described[] = describeOps();
      const wanted = name === undefined ? ops : ops.filter((op) => op.name === name);
      if (name !== undefined && wanted.length === 0) throw await unknown(name, ops);
      if (options.json) printJson(wanted);
      else process.stdout.write(name === undefined ? await list(ops) : await details(wanted[0]!));
    });
}

async function unknown(name: string, ops: readonly Described[]): Promise<UsageError> {
  const { nearest } = await import("../../shared/pipeline/nearest.ts");
  const names = ops.map((op) => op.name);
  const close = nearest(name, names);
  const hint = close.length > 0 ? `Did you mean ${close.join(" or ")}?` : `There is: ${names.join(", ")}.`;
  return new UsageError(`There is no operation '${name}'. ${hint}`);
}

async function list(ops: readonly Described[]): Promise<string> {
  const groups = Object.entries(KINDS).map(async ([kind, title]) => {
    const members = await Promise.all(ops.filter((op) => op.kind === kind).map(entry));
    return members.length === 0 ? "" : `${bold(title)}\n${members.join("")}\n`;
  });
  return `${(await Promise.all(groups)).join("")}Join operations with |, for example: blur(sigma=2) | grayscale\n`;
}

async function entry(op: Described): Promise<string> {
  return `  ${cyan(op.name.padEnd(18))}${op.summary}\n${await params(op, 20, false)}`;
}

async function details(op: Described): Promise<string> {
  const list = await params(op, 2, true);
  const head = `${bold(op.name)}: ${op.summary}\n\n${op.definition}\n`;
  return list === "" ? `${head}\nIt has no parameters.\n` : `${head}\n${list}`;
}

async function params(op: Described, indent: number, verbose: boolean): Promise<string> {
  const { expectation } = await import("../../shared/pipeline/pipeline.ts");
  const entries = Object.entries(op.params.properties);
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries
    .map(([name, schema]) => {
      const fallback =
        schema.default === undefined ? "required" : `default ${JSON.stringify(schema.default)}`;
      const text = `${expectation({ ...schema })}, ${fallback}`;
      const why =
        verbose && schema.description ? `\n${" ".repeat(indent + width + 2)}${schema.description}` : "";
      return `${" ".repeat(indent)}${name.padEnd(width)}  ${paint(process.stdout, "dim", text)}${why}\n`;
    })
    .join("");
}

const bold = (text: string): string => paint(process.stdout, "bold", text);
const cyan = (text: string): string => paint(process.stdout, "cyan", text);
