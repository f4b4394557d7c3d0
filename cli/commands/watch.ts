import type { Command } from "commander";
import type { JobView } from "../../client/client.ts";
import { EXIT } from "../failure.ts";
import { connect, type RemoteOptions, withMaster } from "../remote.ts";
import { interruptible } from "../run/interruption.ts";
import { printJson } from "../terminal.ts";

const EXAMPLES = `
Examples:
  $ tessera watch 0b7c9a52-6a0f-4c57-9a3e-1f2d8c9be911
  $ tessera watch                      (whatever is at work, until Ctrl-C)

The jobs go on when it is interrupted. The exit code is 1 if a job that was named is not done in the end.`;

export function addWatch(program: Command): void {
  withMaster(program.command("watch"))
    .summary("see jobs at work")
    .description("Shows how far jobs are, live: some, until they have ended, or all.")
    .argument("[job...]", "ids of jobs")
    .option("--json", "one object a line and change")
    .addHelpText("after", EXAMPLES)
    .action(async (ids: string[], options: RemoteOptions) => {
      process.exitCode = await watchInTerminal(ids, options);
    });
}

async function watchInTerminal(ids: readonly string[], options: RemoteOptions): Promise<number> {
  const { jobDisplay } = await import("../run/job_lines.ts");
  const { watchJobs } = await import("../run/watch_jobs.ts");
  const client = await connect(options);
  const display = jobDisplay(process.stdout);
  const show = (job: JobView) => (options.json ? printJson(job) : display.show(job));
  return await interruptible(async (signal) => {
    try {
      if (ids.length > 0) return await watchJobs(client, ids, show, signal);
      for await (const job of client.watchAll({ signal })) show(job);
      return EXIT.ok;
    } finally {
      display.clear();
    }
  });
}
