import type { Command } from "commander";
import type { TopicReport } from "../../shared/bus/port.ts";
import { formatSize } from "../../shared/config/size.ts";
import { EXIT } from "../failure.ts";
import { columns } from "../table.ts";
import { paint, printJson } from "../terminal.ts";

const EXAMPLES = `
Examples:
  $ tessera topics
  $ tessera topics create
  $ tessera topics check && echo all is well
  $ TESSERA_KAFKA_BROKERS=kafka-1:9092,kafka-2:9092 tessera topics --json

Kafka's address, the login and the number of partitions are settings: tessera config`;

interface Options {
  readonly json?: boolean;
}

export function addTopics(program: Command): void {
  const topics = program
    .command("topics")
    .summary("create, check and show the topics in Kafka")
    .description("Creates, checks and shows the topics in Kafka that join a master and its workers.")
    .addHelpText("after", EXAMPLES);
  topics
    .command("show", { isDefault: true })
    .description("How the topics stand. LAG: messages that the workers, or the master, have not done.")
    .option("--json", "an array of objects")
    .action(show);
  topics
    .command("create")
    .description("Creates the topics that are missing, and adds partitions where there are too few.")
    .option("--fix", "also alter configurations that are wrong")
    .option("--json", "an object with what was done and what is still wrong")
    .action(create);
  topics
    .command("check")
    .description(
      "Says what is wrong with the topics, and changes nothing. The exit code is 1 if anything is.",
    )
    .option("--json", "an object with what is wrong")
    .action(check);
}

async function show(options: Options): Promise<void> {
  const { reportTopics } = await import("../../shared/bus/kafka/topic_report.ts");
  const { kafka } = await settings();
  const reports = await reportTopics(kafka);
  if (options.json) printJson(reports);
  else process.stdout.write(`${asText(reports)}\n`);
}

async function create(options: Options & { fix?: boolean }): Promise<void> {
  const { createTopics } = await import("../../shared/bus/kafka/topics.ts");
  const { kafka, table } = await settings();
  const changes: string[] = [];
  const faults = await createTopics(kafka, table, {
    raisePartitions: true,
    fixConfigs: options.fix === true,
    onChange: (sentence) => changes.push(sentence),
  });
  if (options.json) printJson({ ok: faults.length === 0, changes, faults });
  else print(changes, faults);
  process.exitCode = faults.length === 0 ? EXIT.ok : EXIT.failure;
}

async function check(options: Options): Promise<void> {
  const { checkTopics } = await import("../../shared/bus/kafka/topics.ts");
  const { kafka, table } = await settings();
  const faults = await checkTopics(kafka, table);
  if (options.json) printJson({ ok: faults.length === 0, faults });
  else print([], faults);
  process.exitCode = faults.length === 0 ? EXIT.ok : EXIT.failure;
}

async function settings() {
  const { loadSettings } = await import("../../shared/config/load.ts");
  const { kafkaSettings, topicTable } = await import("../../shared/config/kafka.ts");
  const loaded = loadSettings();
  return { kafka: kafkaSettings(loaded), table: topicTable(loaded) };
}

function print(changes: readonly string[], faults: readonly string[]): void {
  const wrong = faults.map((sentence) => paint(process.stdout, "red", sentence));
  const end = faults.length === 0 ? ["The topics are as they should be."] : [];
  process.stdout.write(`${[...changes, ...wrong, ...end].join("\n")}\n`);
}

const HEAD = ["TOPIC", "PARTITIONS", "REPLICAS", "IN SYNC", "LARGEST MESSAGE", "KEPT FOR", "MESSAGES", "LAG"];

function asText(reports: readonly TopicReport[]): string {
  const rows = reports.map((report) => {
    if (report.missing) return [report.name, "missing", ...Array(HEAD.length - 2).fill("")];
    const { name, partitions, replicas, inSync, messageBytesMax, retentionMs, messages, lag } = report;
    return [
      name,
      `${partitions}`,
      `${replicas}`,
      `${inSync}`,
      formatSize(messageBytesMax),
      retentionMs < 0 ? "ever" : formatAge(retentionMs),
      `${messages}`,
      lag === undefined ? "" : `${lag}`,
    ];
  });
  const [head, ...lines] = columns(HEAD, rows, [1, 2, 3, 4, 5, 6, 7]);
  return [paint(process.stdout, "dim", head!), ...lines].join("\n");
}

const AGES = [
  [86_400_000, "days"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
] as const;

/** In the largest unit that needs no fraction. */
function formatAge(ms: number): string {
  const [size, unit] = AGES.find(([length]) => ms >= length && ms % length === 0) ?? [1, "ms"];
  return `${ms / size} ${unit}`;
}
