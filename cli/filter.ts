import { type Command, InvalidArgumentError } from "commander";
import type { JobFilter } from "../client/client.ts";
import { SHOWN_STATES } from "../shared/api/states.ts";
import { label } from "./run/options.ts";

/** Which jobs are meant. */
export interface FilterOptions {
  readonly state?: JobFilter["state"];
  readonly label?: Readonly<Record<string, string>>;
  readonly after?: string;
  readonly before?: string;
  readonly text?: string;
  readonly batch?: string;
}

export const withFilter = (command: Command): Command =>
  command
    .option("--state <states>", "only those in one of these states, with commas between them", states)
    .option("--label <name=value>", "only those with this label; may be given several times", label)
    .option("--after <time>", "only those created then or later, like 2026-01-31 or 2026-01-31T12:00Z", time)
    .option("--before <time>", "only those created earlier", time)
    .option("--text <text>", "only those with it in the image's name or the id")
    .option("--batch <id>", "only those of a batch");

/** As the master is told it; nothing at all if nothing was said. */
export function filterOf({ state, label, after, before, text, batch }: FilterOptions): JobFilter {
  const labels = Object.entries(label ?? {}).map(([name, value]) => `${name}:${value}`);
  const asked = { state, after, before, text, batch, label: labels.length === 0 ? undefined : labels };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
}

function states(text: string): NonNullable<JobFilter["state"]> {
  const names = text.split(",").map((name) => name.trim());
  const known = names.filter((name) => (SHOWN_STATES as readonly string[]).includes(name));
  if (known.length < names.length)
    throw new InvalidArgumentError(`Expected some of ${SHOWN_STATES.join(", ")}, with commas between them.`);
  return known as NonNullable<JobFilter["state"]>;
}

/** As RFC 3339 has it; without a zone it is UTC, as all times here. */
function time(text: string): string {
  const full = /^\d{4}-\d\d-\d\d$/.test(text)
    ? `${text}T00:00Z`
    : /\dT[\d:.]+$/.test(text)
      ? `${text}Z`
      : text;
  const ms = Date.parse(full);
  if (!/^\d{4}-\d\d-\d\dT/.test(full) || Number.isNaN(ms))
    throw new InvalidArgumentError("Expected a time like 2026-01-31 or 2026-01-31T12:00Z.");
  return new Date(ms).toISOString();
}
