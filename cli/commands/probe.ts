import type { Command } from "commander";
import type { Probe } from "../../master/probe/types.ts";
import { EXIT, errorLine, failureOf } from "../failure.ts";
import { formatBytes, paint, printJson } from "../terminal.ts";

const EXAMPLES = `
Examples:
  $ tessera probe photo.jpg
  $ tessera probe scans/*.tif --json`;

export function addProbe(program: Command): void {
  program
    .command("probe")
    .summary("tell what an image is")
    .description("Reads the header of images, and tells what they are and whether they would be taken.")
    .argument("<image...>", "image files")
    .option("--json", "one object a line and image")
    .addHelpText("after", EXAMPLES)
    .action(async (images: string[], options: { json?: boolean }) => {
      const { probe } = await import("../../master/probe/probe.ts");
      const { DEFAULT_LIMITS } = await import("../../master/limits.ts");
      for (const image of images) {
        try {
          const found = await probe(image, DEFAULT_LIMITS);
          if (options.json) printJson({ input: image, ...asObject(found) });
          else process.stdout.write(`${paint(process.stdout, "bold", image)}  ${asText(found)}\n`);
        } catch (thrown) {
          process.exitCode = EXIT.failure;
          const failure = failureOf(thrown);
          if (options.json) printJson({ input: image, error: failure });
          else
            process.stderr.write(`${errorLine({ ...failure, message: `${image}: ${failure.message}` })}\n`);
        }
      }
    });
}

function asObject({ type, width, height, shape, orientation, hasIcc, bytes, unbounded }: Probe) {
  return {
    type,
    width,
    height,
    channels: shape.channels,
    depth: shape.depth,
    orientation,
    icc_profile: hasIcc,
    bytes,
    decoded_in_one_piece: unbounded,
  };
}

const CHANNELS = { 1: "gray", 2: "gray + alpha", 3: "RGB", 4: "RGB + alpha" } as const;

function asText({ type, width, height, shape, orientation, hasIcc, bytes }: Probe): string {
  const parts = [
    `${type} ${width} × ${height}`,
    `${CHANNELS[shape.channels]} ${shape.depth} bit`,
    ...(orientation === 1 ? [] : [`orientation ${orientation}`]),
    ...(hasIcc ? ["colour profile"] : []),
    formatBytes(bytes),
  ];
  return parts.join(", ");
}
