import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { addConfig } from "./commands/config.ts";
import { addDeadLetters } from "./commands/dead_letters.ts";
import { addProbe } from "./commands/probe.ts";
import { addRun } from "./commands/run.ts";
import { addTopics } from "./commands/topics.ts";
import { addTransforms } from "./commands/transforms.ts";
import { paint, usesColour } from "./terminal.ts";

const EXAMPLES = `
Examples:
  $ tessera run photo.jpg --do "blur(sigma=2)" --output soft.jpg
  $ tessera run scans/*.tif --do "auto_contrast | sharpen" --output done/ --format jpeg
  $ tessera transforms
  $ tessera probe photo.jpg --json

Exit codes: 0 done, 1 something failed, 2 the command is not valid.`;

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
  addConfig(program);
  addTopics(program);
  addDeadLetters(program);
  return program;
}
