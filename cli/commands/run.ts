import { type Command, InvalidArgumentError } from "commander";
import { address } from "../remote.ts";
import { wholeNumber, withImageOptions } from "../run/options.ts";
import type { RunOptions } from "../run/run_images.ts";

const EXAMPLES = `
Examples:
  $ tessera run photo.jpg --do "blur(sigma=2)" --output soft.jpg
  $ tessera run photo.jpg --do "grayscale | contrast" --output gray.png
  $ tessera run photo.tif --do '[{"op":"rotate","angle":90}]' --output - --format webp | upload
  $ tessera run scans/*.tif --do "auto_contrast | sharpen" --output done/ --format jpeg --quality 85
  $ tessera run photo.png --output photo.avif                (another format, nothing else)
  $ tessera run photo.jpg --do sharpen --output sharp.jpg --master http://127.0.0.1:8080

Operations and their parameters: tessera transforms
While it runs, pixels lie in temporary files; TMPDIR tells where. A master keeps jobs and results
for its own time.`;

export function addRun(program: Command): void {
  const run = program
    .command("run")
    .summary("process images")
    .description(
      "Processes images by a pipeline of operations, tile by tile on every core, without a server; or on one.",
    )
    .argument("<image...>", "image files: JPEG, PNG, WebP, AVIF, TIFF or GIF")
    .requiredOption("-o, --output <path>", "a file, a folder, or - for stdout");
  withImageOptions(run)
    .option("--threads <number>", "threads that compute (default: one a core)", threads)
    .option("--master <url>", "have a master process them", address)
    .option("--json", "one object a line and image")
    .addHelpText("after", EXAMPLES)
    .action(async (images: string[], options: RunOptions) => {
      const { runImages } = await import("../run/run_images.ts");
      process.exitCode = await runImages(images, options);
    });
}

function threads(text: string): number {
  const value = wholeNumber(text);
  if (value < 1 || value > 1024) throw new InvalidArgumentError("Expected a whole number from 1 to 1024.");
  return value;
}
