import type { Command } from "commander";
import { withMaster } from "../remote.ts";
import { label, wholeNumber, withImageOptions } from "../run/options.ts";
import type { SubmitCommandOptions } from "../run/submit_images.ts";

const EXAMPLES = `
Examples:
  $ tessera submit photo.jpg --do "blur(sigma=2)"
  $ tessera submit scans/*.tif --do auto_contrast --format jpeg --watch
  $ id=$(tessera submit photo.jpg --do sepia --wait) && tessera download $id -o old.jpg
  $ tessera submit https://example.com/photo.jpg --do sepia --label project=alpha
  $ scan | tessera submit - --do sharpen

The ids of the jobs go to stdout. --wait and --watch can be interrupted: the jobs go on.`;

export function addSubmit(program: Command): void {
  const submit = program
    .command("submit")
    .summary("send images to a master")
    .description("Sends images to a master, which processes them by a pipeline of operations.")
    .argument("<image...>", "image files, or addresses that the master fetches them from; - is stdin");
  withMaster(withImageOptions(submit))
    .option("--priority <number>", "from 0 to 9", wholeNumber)
    .option("--name <name>", "what the image is called, if not as its file is")
    .option("--label <name=value>", "a label; may be given several times", label)
    .option("--webhook <url>", "address that is told of each job's end")
    .option("--expires-in <time>", "how long results are kept, like 24h")
    .option("--wait", "until the jobs have ended")
    .option("--watch", "until the jobs have ended, and show how far they are")
    .option("--json", "one object a line and job")
    .addHelpText("after", EXAMPLES)
    .action(async (images: string[], options: SubmitCommandOptions) => {
      const { submitImages } = await import("../run/submit_images.ts");
      process.exitCode = await submitImages(images, options);
    });
}
