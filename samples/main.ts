import { parseArgs } from "node:util";
import type { Channels, Depth } from "../shared/geometry.ts";
import { SAMPLE_FORMATS, type SampleFormat, writePicture } from "./write.ts";

const USAGE = `Writes a made-up photograph of any size.

  bun samples/main.ts --output FILE [options]

  --output FILE     where to; the ending tells the format
  --format NAME     ${SAMPLE_FORMATS.join(", ")}
  --width N         pixels (default 4000)
  --height N        pixels (default 3000)
  --channels N      1 gray, 2 gray + alpha, 3 RGB, 4 RGB + alpha (default 3)
  --depth N         8 or 16 bits a sample (default 8)
  --seed N          another number, another picture (default 1)
  --quality N       of a JPEG (default 92)

Example: bun samples/main.ts --output gigapixel.tiff --width 35000 --height 30000
`;

const TEXT = { type: "string" } as const;

function read(): Parameters<typeof writePicture> {
  const { values } = parseArgs({
    options: {
      output: TEXT,
      format: TEXT,
      width: TEXT,
      height: TEXT,
      channels: TEXT,
      depth: TEXT,
      seed: TEXT,
      quality: TEXT,
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  const whole = (
    name: "width" | "height" | "channels" | "depth" | "seed" | "quality",
    otherwise: number,
    min: number,
    max: number,
  ): number => {
    const value = Number(values[name] ?? otherwise);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new Error(`--${name} is a whole number from ${min} to ${max}`);
  };
  if (values.output === undefined) throw new Error("--output is missing");
  if (values.format !== undefined && !SAMPLE_FORMATS.includes(values.format as SampleFormat))
    throw new Error(`--format is one of ${SAMPLE_FORMATS.join(", ")}`);
  const spec = {
    width: whole("width", 4000, 1, 10_000_000),
    height: whole("height", 3000, 1, 10_000_000),
    channels: whole("channels", 3, 1, 4) as Channels,
    depth: whole("depth", 8, 8, 16) as Depth,
    seed: whole("seed", 1, 0, 2 ** 31 - 1),
  };
  if (spec.depth !== 8 && spec.depth !== 16) throw new Error("--depth is 8 or 16");
  const format = values.format as SampleFormat | undefined;
  return [values.output, spec, { quality: whole("quality", 92, 1, 100), ...(format && { format }) }];
}

let request: Parameters<typeof writePicture>;
try {
  request = read();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  process.exit(2);
}
await writePicture(...request);
