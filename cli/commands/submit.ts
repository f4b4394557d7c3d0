import type { Command } from "commander";
import { withMaster } from "../remote.ts";
import { wholeNumber, withImageOptions } from "../run/options.ts";
import type { SubmitCommandOptions } from "../run/submit_images.ts";

const EXAMPLES = `
Examples:
  $ tessera submit photo.jpg --do "blur(sigma=2)"
  $ tessera submit scans/*.tif --do auto_contrast --format jpeg --watch
  $ id=$(tessera submit photo.jpg --do sepia --wait) && tessera download $id -o old.jpg
  $ scan | tessera submit - --do sharpen

The ids of the jobs go to stdout. --wait and --watch can be interrupted: the jobs go on.`;

export function addSubmit(program: Command): void {
  const submit = program
    .command("submit")
    .summary("send images to a master")
    .description("Sends images to a master, which processes them by a pipeline of operations.")
    .argument("<image...>", "image files: JPEG, PNG, WebP, AVIF, TIFF or GIF; - is stdin");
  withMaster(withImageOptions(submit))
    .option("--priority <number>", "from 0 to 9", wholeNumber)
    .option("--name <name>", "what the image is called, if not as its file is")
    .option("--wait", "until the jobs have ended")
    .option("--watch", "until the jobs have ended, and show how far they are")
    .option("--json", "one object a line and job")
    .addHelpText("after", EXAMPLES)
    .action(async (images: string[], options: SubmitCommandOptions) => {
      const { submitImages } = await import("../run/submit_images.ts");
      process.exitCode = await submitImages(images, options);
    });
}
