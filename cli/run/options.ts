import type { OutputFormat, OutputSpec } from "../../master/export/output.ts";
import type { SubmitRequest } from "../../master/jobs/submission.ts";

/** The options of `run` as the command line gives them. */
export interface RunOptions {
  /** Without it the image is only written anew, perhaps in another format. */
  readonly do?: string;
  readonly output: string;
  readonly format?: OutputFormat;
  readonly quality?: number;
  readonly effort?: number;
  readonly lossless?: boolean;
  readonly background?: string;
  readonly metadata?: "keep" | "strip";
  readonly profile?: "srgb" | "keep";
  readonly tileSize?: number;
  readonly threads?: number;
  readonly json?: boolean;
}

/** What a job is to be told, for one image. */
export function submitRequest(
  image: string,
  format: OutputFormat | undefined,
  options: RunOptions,
): SubmitRequest {
  const { quality, effort, lossless, background, metadata, profile, tileSize } = options;
  const asked: { [Key in keyof OutputSpec]: OutputSpec[Key] | undefined } = {
    format,
    quality,
    effort,
    lossless,
    background,
    metadata,
  };
  const output = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  return {
    source: { path: image, owned: false, name: image },
    pipeline: options.do ?? "",
    output,
    ...(profile !== undefined && { profile }),
    ...(tileSize !== undefined && { tileSize }),
  };
}
