import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { addConfig } from "./commands/config.ts";
import { addDeadLetters } from "./commands/dead_letters.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addDownload } from "./commands/download.ts";
import { addJobs } from "./commands/jobs.ts";
import { addKeys } from "./commands/keys.ts";
import { addOperations } from "./commands/operations.ts";
import { addProbe } from "./commands/probe.ts";
import { addRun } from "./commands/run.ts";
import { addSubmit } from "./commands/submit.ts";
import { addTopics } from "./commands/topics.ts";
import { addTransforms } from "./commands/transforms.ts";
import { addWatch } from "./commands/watch.ts";
import { addWebhooks } from "./commands/webhooks.ts";
import { addWorkers } from "./commands/workers.ts";
import { paint, usesColour } from "./terminal.ts";

const EXAMPLES = `
Examples:
  $ tessera run photo.jpg --do "blur(sigma=2)" --output soft.jpg
  $ tessera run scans/*.tif --do "auto_contrast | sharpen" --output done/ --format jpeg
  $ tessera transforms
  $ tessera probe photo.jpg --json
  $ tessera submit photo.jpg --do sepia --watch --master http://127.0.0.1:8080

Exit codes: 0 done, 1 something failed, 2 the command is not valid, 130 interrupted.`;

/** The whole command. Nothing heavy is imported until a command runs: most uses are over in a blink. */
export function buildProgram(): Command {
  const program = new Command("tessera")
    .description("Processes images of any size in tiles, on every core.")
    .version(manifest.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .configureHelp({ styleTitle: (title) => paint(process.stdout, "bold", title) })
    .configureOutput({
      getOutHasColors: () => usesColour(process.stdout),
      getErrHasColors: () => usesColour(process.stderr),
      // Errors are printed in one place, and in one way, where they are caught.
      outputError: () => {},
    })
    .exitOverride()
    .addHelpText("after", EXAMPLES);
  addRun(program);
  addTransforms(program);
  addProbe(program);
  addSubmit(program);
  addJobs(program);
  addWatch(program);
  addDownload(program);
  addOperations(program);
  addWorkers(program);
  addKeys(program);
  addWebhooks(program);
  addConfig(program);
  addDoctor(program);
  addTopics(program);
  addDeadLetters(program);
  return program;
}
