import type { Command } from "commander";
import type { Client, JobView } from "../../client/client.ts";
import { connect, forEach, type RemoteOptions, withMaster } from "../remote.ts";
import { printJson } from "../terminal.ts";

interface Operation {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  /** Gives what the job is now. */
  readonly act: (client: Client, id: string) => Promise<Pick<JobView, "id"> & { readonly state: string }>;
}

const OPERATIONS: readonly Operation[] = [
  {
    name: "cancel",
    summary: "stop jobs and free their disk",
    description: "Stops jobs on a master, and removes what they have on its disk.",
    act: (client, id) => client.cancelJob({ id }),
  },
  {
    name: "pause",
    summary: "interrupt jobs until they are resumed",
    description: "Interrupts jobs on a master until they are resumed.",
    act: (client, id) => client.pauseJob({ id }),
  },
  {
    name: "resume",
    summary: "take paused jobs up where they stood",
    description: "Takes paused jobs on a master up where they stood.",
    act: (client, id) => client.resumeJob({ id }),
  },
  {
    name: "retry",
    summary: "try jobs again that failed by a tile",
    description: "Tries jobs again that failed by a tile. What was done stays done.",
    act: (client, id) => client.retryJob({ id }),
  },
  {
    name: "delete",
    summary: "forget jobs, with their results",
    description: "Removes jobs from a master, with their files and their history. What runs is cancelled.",
    async act(client, id) {
      await client.deleteJob({ id });
      return { id, state: "deleted" };
    },
  },
];

/** What can be done to a job on a master. */
export function addOperations(program: Command): void {
  for (const { name, summary, description, act } of OPERATIONS)
    withMaster(program.command(name))
      .summary(summary)
      .description(description)
      .argument("<job...>", "ids of jobs")
      .option("--json", "one object a line and job")
      .action(async (ids: string[], options: RemoteOptions) => {
        const client = await connect(options);
        process.exitCode = await forEach(ids, options, async (id) => {
          const job = await act(client, id);
          if (options.json) printJson(job);
          else process.stdout.write(`${id}  ${job.state}\n`);
        });
      });
}
