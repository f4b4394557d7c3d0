import { type Command, InvalidArgumentError, Option } from "commander";
import { OUTPUT_FORMATS } from "../../master/export/output.ts";
import type { RunOptions } from "../run/options.ts";

const EXAMPLES = `
Examples:
  $ tessera run photo.jpg --do "blur(sigma=2)" --output soft.jpg
  $ tessera run photo.jpg --do "grayscale | contrast" --output gray.png
  $ tessera run photo.tif --do '[{"op":"rotate","angle":90}]' --output - --format webp | upload
  $ tessera run scans/*.tif --do "auto_contrast | sharpen" --output done/ --format jpeg --quality 85
  $ tessera run photo.png --output photo.avif                (another format, nothing else)

Operations and their parameters: tessera transforms
While it runs, pixels lie in temporary files; TMPDIR tells where.`;

export function addRun(program: Command): void {
  program
    .command("run")
    .summary("process images")
    .description(
      "Processes images by a pipeline of operations, tile by tile on every core, without a server.",
    )
    .argument("<image...>", "image files: JPEG, PNG, WebP, AVIF, TIFF or GIF")
    .option("--do <pipeline>", "operations joined by |, or a JSON array")
    .requiredOption("-o, --output <path>", "a file, a folder, or - for stdout")
    .addOption(
      new Option("--format <name>", "format of the output (default: by its ending, or the input's)").choices(
        OUTPUT_FORMATS,
      ),
    )
    .option("--quality <number>", "quality of lossy formats", wholeNumber)
    .option("--effort <number>", "how hard to try for a small file", wholeNumber)
    .option("--lossless", "of WebP and AVIF")
    .option("--background <colour>", "what shows through in JPEG, like #ffffff")
    .addOption(new Option("--metadata <what>", "EXIF and XMP").choices(["keep", "strip"]))
    .addOption(
      new Option("--profile <what>", "convert colours to sRGB, or keep their profile").choices([
        "srgb",
        "keep",
      ]),
    )
    .option("--tile-size <pixels>", "side of a tile", wholeNumber)
    .option("--threads <number>", "threads that compute (default: one a core)", positive)
    .option("--json", "one object a line and image")
    .addHelpText("after", EXAMPLES)
    .action(async (images: string[], options: RunOptions) => {
      const { runImages } = await import("../run/run_images.ts");
      process.exitCode = await runImages(images, options);
    });
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("Expected a whole number.");
  return Number(text);
}

function positive(text: string): number {
  const value = wholeNumber(text);
  if (value < 1 || value > 1024) throw new InvalidArgumentError("Expected a whole number from 1 to 1024.");
  return value;
}
