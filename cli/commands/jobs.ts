import type { Command } from "commander";
import type { Client, JobView } from "../../client/client.ts";
import { type FilterOptions, filterOf, withFilter } from "../filter.ts";
import { connect, type RemoteOptions, withMaster } from "../remote.ts";
import { positive } from "../run/options.ts";
import { figuresOf } from "../run/progress_bar.ts";
import { columns } from "../table.ts";
import { formatBytes, formatSeconds, paint, printJson } from "../terminal.ts";

const EXAMPLES = `
Examples:
  $ tessera jobs
  $ tessera jobs --state failed,cancelled --after 2026-01-31
  $ tessera jobs --label project=alpha --text scan --limit 5000 --json
  $ tessera jobs 0b7c9a52-6a0f-4c57-9a3e-1f2d8c9be911 --history`;

const LISTED = 100;

interface Options extends RemoteOptions, FilterOptions {
  readonly limit: number;
  readonly history?: boolean;
}

export function addJobs(program: Command): void {
  withFilter(withMaster(program.command("jobs")))
    .summary("list the jobs of a master, or show one")
    .description("Lists the jobs of a master, the newest first, or tells all about one.")
    .argument("[job]", "id of one job")
    .option("--limit <number>", "at most so many", positive, LISTED)
    .option("--history", "of one job: what has happened to it")
    .option("--json", "an array of objects; an object for one job")
    .addHelpText("after", EXAMPLES)
    .action(async (id: string | undefined, options: Options) => {
      const client = await connect(options);
      if (id === undefined) await list(client, options);
      else await show(client, id, options);
    });
}

async function list(client: Client, { json, limit, ...filter }: Options): Promise<void> {
  const jobs: JobView[] = [];
  for await (const job of client.eachJob(filterOf(filter), { page: limit }))
    if (jobs.push(job) === limit) break;
  if (json) printJson(jobs);
  else process.stdout.write(jobs.length === 0 ? "There are no such jobs.\n" : `${asText(jobs)}\n`);
}

async function show(client: Client, id: string, { json, history }: Options): Promise<void> {
  const job = await client.getJob({ id });
  const { events } = history ? await client.getEvents({ id }) : {};
  if (json) printJson({ ...job, ...(events && { history: events }) });
  else {
    const happened = events?.map(({ at, what, detail }) => `${when(at)}  ${`${what}  ${detail}`.trimEnd()}`);
    process.stdout.write(`${[details(job), ...(happened ? ["", ...happened] : [])].join("\n")}\n`);
  }
}

function asText(jobs: readonly JobView[]): string {
  const rows = jobs.map((job) => [
    job.id,
    job.state,
    percent(job),
    `${job.source.width} × ${job.source.height}`,
    when(job.created_at),
    formatSeconds(job.wall_ms / 1000),
    job.source.name,
  ]);
  const head = ["ID", "STATE", "DONE", "SIZE", "CREATED (UTC)", "TOOK", "NAME"];
  const [first, ...lines] = columns(head, rows, [2, 3, 5]);
  const shown = lines.map((line, i) => paintState(jobs[i]!, line));
  return [paint(process.stdout, "dim", first!), ...shown].join("\n");
}

const paintState = ({ state }: JobView, line: string): string =>
  state === "failed" ? paint(process.stdout, "red", line) : line;

const percent = ({ progress: { tiles_done, tiles_total }, state }: JobView): string =>
  state === "done" ? "100 %" : `${tiles_total === 0 ? 0 : Math.floor((100 * tiles_done) / tiles_total)} %`;

const when = (time: string): string => time.replace("T", " ").slice(0, 19);

function details(job: JobView): string {
  const { source, output, progress } = job;
  const retried = progress.tiles_retried === 0 ? "" : `, ${progress.tiles_retried} tried again`;
  const phases = Object.entries(job.phases ?? {}).map(([name, ms]) => `${name} ${formatSeconds(ms / 1000)}`);
  const steps = job.pipeline.map(({ op, ...params }) => {
    const given = Object.entries(params).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    return given.length === 0 ? op : `${op}(${given.join(", ")})`;
  });
  const rows: [string, string | undefined][] = [
    ["job", job.id],
    ["state", `${job.state}${job.ended_at === undefined ? `, ${figuresOf(job)}` : ""}`],
    ["error", job.error && `${job.error.message} (${job.error.code})`],
    [
      "source",
      `${source.name}: ${source.type} ${source.width} × ${source.height}, ${formatBytes(source.bytes)}`,
    ],
    ["pipeline", steps.join(" | ") || "nothing"],
    [
      "result",
      `${output.format} ${output.width} × ${output.height}${output.bytes === undefined ? "" : `, ${formatBytes(output.bytes)}`}`,
    ],
    ["tiles", `${progress.tiles_done} of ${progress.tiles_total} in ${job.stages} stages${retried}`],
    ["attempts", job.attempts > 1 ? `${job.attempts}` : undefined],
    ["created", when(job.created_at)],
    ["ended", job.ended_at && when(job.ended_at)],
    ["took", formatSeconds(job.wall_ms / 1000)],
    ["phases", phases.join(", ") || undefined],
    ["expires", job.expires_at && when(job.expires_at)],
    ["owner", job.owner],
    ["priority", `${job.priority}`],
    ["labels", labelsOf(job)],
    ["batch", job.batch],
    ["webhook", job.webhook],
  ];
  return rows
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`${paint(process.stdout, "dim", name.padEnd(10))}${value}`],
    )
    .join("\n");
}

function labelsOf({ labels }: JobView): string | undefined {
  const all = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return all.length === 0 ? undefined : all.join(", ");
}
