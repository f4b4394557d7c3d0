import { type Command, InvalidArgumentError } from "commander";
import type { Client } from "../../client/client.ts";
import type { DeadLetterView } from "../../shared/api/dead_letter.ts";
import { publicSentence } from "../../shared/errors.ts";
import { EXIT, failureOf, UsageError } from "../failure.ts";
import { connect, isMasterSaid, type RemoteOptions, withMaster } from "../remote.ts";
import { columns } from "../table.ts";
import { paint, printJson } from "../terminal.ts";

const EXAMPLES = `
Examples:
  $ tessera dead-letters
  $ tessera dead-letters list --limit 10 --json --master http://127.0.0.1:8080
  $ tessera dead-letters replay 0b7c9a52-6a0f-4c57-9a3e-1f2d8c9be911
  $ tessera dead-letters replay --all --master http://127.0.0.1:8080

A tile that fails each time is a dead letter, and its job fails. To replay one, its job is tried again where it stood:
what was done stays done. Its files are kept for a while (limits.failed_kept_hours in tessera config).

The newest are first. With --master or client.master the list is the master's: jobs that were tried again are not in it.
Without, it is all that Kafka still has, which cannot say whether a job can be replayed.`;

type Letter = Omit<DeadLetterView, "replayable"> & Partial<DeadLetterView>;

interface ListOptions extends RemoteOptions {
  readonly limit: number;
}

interface ReplayOptions extends RemoteOptions {
  readonly all?: boolean;
}

/** As many at a time as the list gives. */
const PAGE_MAX = 1000;

export function addDeadLetters(program: Command): void {
  const letters = program
    .command("dead-letters")
    .summary("list and replay tiles that were given up on")
    .description("Lists the tiles that were given up on, and has their jobs tried again.")
    .addHelpText("after", EXAMPLES);
  withMaster(letters.command("list", { isDefault: true }))
    .description("The dead letters of a master, or those that Kafka still has.")
    .option("--limit <number>", "at most so many, the newest", positive, 100)
    .option("--json", "an array of objects")
    .action(list);
  withMaster(letters.command("replay"))
    .description("Has jobs tried again that failed by a tile.")
    .argument("[job...]", "ids of jobs")
    .option("--all", "every job that has a dead letter and was not tried again")
    .option("--json", "an array of objects")
    .action(replay);
}

async function list({ limit, ...options }: ListOptions): Promise<void> {
  const atMaster = await isMasterSaid(options);
  const letters = atMaster ? await ofMaster(await connect(options), limit) : await ofKafka(limit);
  if (options.json) printJson(letters);
  else if (letters.length === 0) process.stdout.write("There are no dead letters.\n");
  else process.stdout.write(`${asText(letters)}\n`);
}

/** One job after the other; what one answers does not keep the next from being asked. */
async function replay(given: readonly string[], { all, json, ...options }: ReplayOptions): Promise<void> {
  if ((all === true) === given.length > 0)
    throw new UsageError("Name the jobs to be tried again, or say --all.");
  const client = await connect(options);
  const answers: Answer[] = [];
  if (all === true) answers.push(...(await retryAll(client)));
  else for (const job of new Set(given)) answers.push(await retry(client, job));
  if (json) printJson(answers);
  else
    for (const { job, ok, text } of answers)
      process.stdout.write(`${job}  ${ok ? text : paint(process.stdout, "red", text)}\n`);
  process.exitCode = answers.every(({ ok }) => ok) ? EXIT.ok : EXIT.failure;
}

interface Answer {
  readonly job: string;
  readonly ok: boolean;
  readonly text: string;
}

const RETRIED = { ok: true, text: "is tried again" } as const;

async function retry(client: Client, job: string): Promise<Answer> {
  try {
    await client.replayDeadLetter({ id: job });
    return { job, ...RETRIED };
  } catch (thrown) {
    const { code, message } = failureOf(thrown);
    if (code === "internal") throw thrown;
    return { job, ok: false, text: message };
  }
}

async function retryAll(client: Client): Promise<Answer[]> {
  const answers: Answer[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.replayDeadLetters({ cursor });
    answers.push(...page.replayed.map((job) => ({ job, ...RETRIED })));
    answers.push(...page.refused.map(({ id, code }) => ({ job: id, ok: false, text: publicSentence(code) })));
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return answers;
}

async function ofMaster(client: Client, limit: number): Promise<Letter[]> {
  const letters: Letter[] = [];
  let cursor: string | undefined;
  do {
    const asked = Math.min(limit - letters.length, PAGE_MAX);
    const page = await client.listDeadLetters({ cursor, limit: asked });
    letters.push(...page.dead_letters);
    cursor = page.next_cursor;
  } while (cursor !== undefined && letters.length < limit);
  return letters;
}

async function ofKafka(limit: number): Promise<Letter[]> {
  const { readDeadLetters } = await import("../../shared/bus/kafka/dead_letters.ts");
  const { shownLetter } = await import("../../shared/bus/shown_letter.ts");
  const { loadSettings } = await import("../../shared/config/load.ts");
  const { kafkaSettings } = await import("../../shared/config/kafka.ts");
  const letters = await readDeadLetters(kafkaSettings(loadSettings()), limit);
  return letters.toReversed().map(shownLetter);
}

function asText(letters: readonly Letter[]): string {
  const rows = letters.map((letter) => [
    letter.at.replace("T", " ").slice(0, 19),
    letter.job,
    `${letter.stage}`,
    `${letter.tile}`,
    `${letter.attempts}`,
    `${letter.message} (${letter.code})`,
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
