import { basename } from "node:path";
import { type Client, hasEnded, type Image, type JobView } from "../../client/client.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { UsageError } from "../failure.ts";
import { connect, forEach, type RemoteOptions } from "../remote.ts";
import { printJson } from "../terminal.ts";
import { interruptible } from "./interruption.ts";
import { jobDisplay } from "./job_lines.ts";
import type { ImageOptions } from "./options.ts";
import { imageFile, submission } from "./there.ts";
import { transferLine } from "./transfer_line.ts";
import { watchJobs } from "./watch_jobs.ts";

export interface SubmitCommandOptions extends ImageOptions, RemoteOptions {
  readonly priority?: number;
  readonly name?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly webhook?: string;
  readonly expiresIn?: string;
  readonly wait?: boolean;
  readonly watch?: boolean;
}

/** Sends images one after the other, and waits for their jobs if asked to. Gives the exit code. */
export async function submitImages(
  images: readonly string[],
  options: SubmitCommandOptions,
): Promise<number> {
  parsePipeline(options.do ?? "");
  if (options.name !== undefined && images.length > 1)
    throw new UsageError("Several images cannot have one name. Leave out --name.");
  if (new Set(images).size < images.length) throw new UsageError("An image is named twice.");
  const client = await connect(options);
  const waits = options.wait === true || options.watch === true;
  return await interruptible(async (signal) => {
    const ids: string[] = [];
    const send = async (image: string) => {
      const job = await submitImage(client, image, options, signal);
      ids.push(job.id);
      if (!options.json) process.stdout.write(`${job.id}\n`);
      else if (!waits) printJson(job);
    };
    const sent = await forEach(images, options, send, signal);
    return waits ? Math.max(sent, await waitFor(client, ids, options, signal)) : sent;
  });
}

async function submitImage(
  client: Client,
  path: string,
  options: SubmitCommandOptions,
  signal: AbortSignal,
): Promise<JobView> {
  const url = /^https?:\/\//.test(path);
  const image: Image = url ? { url: path } : path === "-" ? Bun.stdin.stream() : await imageFile(path);
  const { priority, format, label: labels, webhook, expiresIn: expires_in } = options;
  const name = options.name ?? (path === "-" ? "stdin" : url ? undefined : basename(path));
  const progress = transferLine(name ?? path, "sent");
  try {
    const job = { name, priority, labels, webhook, expires_in };
    const what = { ...submission({ image: path, options, format }), ...job, signal };
    return await client.submit(image, { ...what, onProgress: progress.show });
  } finally {
    progress.clear();
  }
}

async function waitFor(
  client: Client,
  ids: readonly string[],
  { watch, json }: SubmitCommandOptions,
  signal: AbortSignal,
): Promise<number> {
  const display = watch ? jobDisplay(process.stderr) : undefined;
  try {
    const show = (job: JobView) => {
      if (json && hasEnded(job)) printJson(job);
      else display?.show(job);
    };
    return await watchJobs(client, ids, show, signal);
  } finally {
    display?.clear();
  }
}
