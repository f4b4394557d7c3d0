import { type Command, InvalidArgumentError, Option } from "commander";
import { OUTPUT_FORMATS, type OutputFormat } from "../../shared/api/output.ts";

/** What is to be done with each image, as the command line gives it. */
export interface ImageOptions {
  /** Without it the image is only written anew, perhaps in another format. */
  readonly do?: string;
  readonly format?: OutputFormat;
  readonly quality?: number;
  readonly effort?: number;
  readonly lossless?: boolean;
  readonly background?: string;
  readonly metadata?: "keep" | "strip";
  readonly profile?: "srgb" | "keep";
  readonly tileSize?: number;
}

/** Adds these options to a command. */
export const withImageOptions = (command: Command): Command =>
  command
    .option("--do <pipeline>", "operations joined by |, or a JSON array")
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
    .option("--tile-size <pixels>", "side of a tile", wholeNumber);

/** Adds `name=value` to the labels that were given before. */
export function label(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1 || text.includes(",")) throw new InvalidArgumentError("Expected name=value, without commas.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("Expected a whole number.");
  return Number(text);
}

export function positive(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError("Expected a whole number above 0.");
  return value;
}
