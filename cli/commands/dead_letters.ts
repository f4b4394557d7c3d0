import { type Command, InvalidArgumentError } from "commander";
import type { Client } from "../../client/client.ts";
import type { DeadLetter } from "../../shared/bus/messages.ts";
import { EXIT, failureOf, UsageError } from "../failure.ts";
import { connect, type RemoteOptions, withMaster } from "../remote.ts";
import { columns } from "../table.ts";
import { paint, printJson } from "../terminal.ts";

const EXAMPLES = `
Examples:
  $ tessera dead-letters
  $ tessera dead-letters list --limit 10 --json
  $ tessera dead-letters replay 0b7c9a52-6a0f-4c57-9a3e-1f2d8c9be911
  $ tessera dead-letters replay --all --master http://127.0.0.1:8080

A tile that fails each time is a dead letter, and its job fails. To replay one, its job is tried again where it stood:
what was done stays done. Its files are kept for a while (limits.failed_kept_hours in tessera config).`;

interface ListOptions {
  readonly limit: number;
  readonly json?: boolean;
}

interface ReplayOptions extends RemoteOptions {
  readonly all?: boolean;
}

export function addDeadLetters(program: Command): void {
  const letters = program
    .command("dead-letters")
    .summary("list and replay tiles that were given up on")
    .description("Lists the tiles that were given up on, from Kafka, and has their jobs tried again.")
    .addHelpText("after", EXAMPLES);
  letters
    .command("list", { isDefault: true })
    .description("The dead letters that Kafka still has, the oldest first.")
    .option("--limit <number>", "at most so many, the newest", positive, 100)
    .option("--json", "an array of objects")
    .action(list);
  withMaster(letters.command("replay"))
    .description("Has jobs tried again that failed by a tile.")
    .argument("[job...]", "ids of jobs")
    .option("--all", "every job that has a dead letter")
    .option("--json", "an array of objects")
    .action(replay);
}

async function list({ limit, json }: ListOptions): Promise<void> {
  const letters = await read(limit);
  if (json) printJson(letters);
  else if (letters.length === 0) process.stdout.write("There are no dead letters.\n");
  else process.stdout.write(`${asText(letters)}\n`);
}

/** One job after the other; what one answers does not keep the next from being asked. */
async function replay(given: readonly string[], { all, master, json }: ReplayOptions): Promise<void> {
  if (all !== true && given.length === 0)
    throw new UsageError("Name the jobs to be tried again, or say --all.");
  const jobs = new Set([
    ...given,
    ...(all ? (await read(Number.MAX_SAFE_INTEGER)).map(({ job }) => job) : []),
  ]);
  const client = await connect({ ...(master && { master }) });
  const answers = [];
  for (const job of jobs) answers.push({ job, ...(await retry(client, job)) });
  if (json) printJson(answers);
  else
    for (const { job, ok, text } of answers)
      process.stdout.write(`${job}  ${ok ? text : paint(process.stdout, "red", text)}\n`);
  process.exitCode = answers.every(({ ok }) => ok) ? EXIT.ok : EXIT.failure;
}

async function retry(client: Client, id: string): Promise<{ ok: boolean; text: string }> {
  try {
    await client.retryJob({ id });
    return { ok: true, text: "is tried again" };
  } catch (thrown) {
    const { code, message } = failureOf(thrown);
    if (code === "internal") throw thrown;
    return { ok: false, text: message };
  }
}

async function read(limit: number): Promise<DeadLetter[]> {
  const { readDeadLetters } = await import("../../shared/bus/kafka/dead_letters.ts");
  const { loadSettings } = await import("../../shared/config/load.ts");
  const { kafkaSettings } = await import("../../shared/config/kafka.ts");
  return readDeadLetters(kafkaSettings(loadSettings()), limit);
}

function asText(letters: readonly DeadLetter[]): string {
  const rows = letters.map(({ atMs, job, stage, tile, attempt, code, message }) => [
    new Date(atMs).toISOString().replace("T", " ").slice(0, 19),
    job,
    `${stage}`,
    `${tile}`,
    `${attempt}`,
    `${message} (${code})`,
  ]);
  const [head, ...lines] = columns(
    ["WHEN (UTC)", "JOB", "STAGE", "TILE", "ATTEMPTS", "WHY"],
    rows,
    [2, 3, 4],
  );
  return [paint(process.stdout, "dim", head!), ...lines].join("\n");
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError("Expected a whole number above 0.");
  return Number(text);
}
