import type { Command } from "commander";
import type { Client, JobFilter, JobView } from "../../client/client.ts";
import { UsageError } from "../failure.ts";
import { type FilterOptions, filterOf, withFilter } from "../filter.ts";
import { connect, forEach, type RemoteOptions, withMaster } from "../remote.ts";
import { printJson } from "../terminal.ts";

interface Operation {
  readonly name: "cancel" | "pause" | "resume" | "retry" | "delete";
  /** What has been done to a job, in words. */
  readonly done: string;
  readonly summary: string;
  readonly description: string;
  /** Gives what the job is now. */
  readonly act: (client: Client, id: string) => Promise<Pick<JobView, "id"> & { readonly state: string }>;
}

const OPERATIONS: readonly Operation[] = [
  {
    name: "cancel",
    done: "cancelled",
    summary: "stop jobs and free their disk",
    description: "Stops jobs on a master, and removes what they have on its disk.",
    act: (client, id) => client.cancelJob({ id }),
  },
  {
    name: "pause",
    done: "paused",
    summary: "interrupt jobs until they are resumed",
    description: "Interrupts jobs on a master until they are resumed.",
    act: (client, id) => client.pauseJob({ id }),
  },
  {
    name: "resume",
    done: "resumed",
    summary: "take paused jobs up where they stood",
    description: "Takes paused jobs on a master up where they stood.",
    act: (client, id) => client.resumeJob({ id }),
  },
  {
    name: "retry",
    done: "tried again",
    summary: "try jobs again that failed by a tile",
    description: "Tries jobs again that failed by a tile. What was done stays done.",
    act: (client, id) => client.retryJob({ id }),
  },
  {
    name: "delete",
    done: "deleted",
    summary: "forget jobs, with their results",
    description: "Removes jobs from a master, with their files and their history. What runs is cancelled.",
    async act(client, id) {
      await client.deleteJob({ id });
      return { id, state: "deleted" };
    },
  },
];

interface Options extends RemoteOptions, FilterOptions {
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

/** What can be done to jobs on a master. */
export function addOperations(program: Command): void {
  for (const operation of OPERATIONS)
    withFilter(withMaster(program.command(operation.name)))
      .summary(operation.summary)
      .description(`${operation.description} They are named, or found by what is known of them.`)
      .argument("[job...]", "ids of jobs")
      .option("--all", "all jobs, of everyone if the key is an admin's")
      .option("--dry-run", "of those that are found: tell which, and do nothing")
      .option("--json", "one object a line and job; one object for all that are found")
      .action(async (ids: string[], options: Options) => {
        const filter = filterOf(options);
        const found = options.all === true || Object.keys(filter).length > 0;
        if (found === ids.length > 0)
          throw new UsageError("Name jobs, or say which by --state, --label and the like, or say --all.");
        if (!found && options.dryRun) throw new UsageError("--dry-run is for jobs that are found.");
        const client = await connect(options);
        if (found) await toFound(client, operation, filter, options);
        else process.exitCode = await toNamed(client, operation, ids, options);
      });
}

const toNamed = (
  client: Client,
  { act }: Operation,
  ids: readonly string[],
  options: RemoteOptions,
): Promise<number> =>
  forEach(ids, options, async (id) => {
    const job = await act(client, id);
    if (options.json) printJson(job);
    else process.stdout.write(`${id}  ${job.state}\n`);
  });

/** Page by page. A job whose state does not allow it is no failure: the filter may well take some. */
async function toFound(
  client: Client,
  { name, done }: Operation,
  filter: JobFilter,
  { json, dryRun = false }: Options,
): Promise<void> {
  const changed: string[] = [];
  const refused: { id: string; code: string }[] = [];
  let cursor: string | undefined;
  do {
    const body = { action: name, filter, dry_run: dryRun, ...(cursor !== undefined && { cursor }) };
    const page = await client.bulkJobs({ body });
    changed.push(...page.changed);
    refused.push(...page.refused);
    if (!json)
      for (const id of page.changed) process.stdout.write(`${id}  ${dryRun ? "would be " : ""}${done}\n`);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  if (json) printJson({ dry_run: dryRun, changed, refused });
  else if (refused.length > 0)
    process.stderr.write(`${refused.length} more were found whose state does not allow it.\n`);
  else if (changed.length === 0) process.stderr.write("There are no such jobs.\n");
}
