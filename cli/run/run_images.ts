import { dirname } from "node:path";
import type { JobView } from "../../shared/api/job.ts";
import type { OutputFormat } from "../../shared/api/output.ts";
import { TesseraError } from "../../shared/errors.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { EXIT, errorLine, exitCodeOf, failureOf, UsageError } from "../failure.ts";
import { connect } from "../remote.ts";
import { paint, printJson } from "../terminal.ts";
import { figuresFor, figuresText } from "./figures.ts";
import { interruption } from "./interruption.ts";
import type { ImageOptions } from "./options.ts";
import { checkWritable } from "./place.ts";
import { type ProgressDisplay, progressDisplay } from "./progress_bar.ts";
import type { OnProgress, Site } from "./site.ts";
import { formatOf, Places, type Target, targetOf } from "./target.ts";

/** Enough that one image is decoded while another is written. */
const AT_ONCE = 4;

export interface RunOptions extends ImageOptions {
  readonly output: string;
  readonly threads?: number;
  /** Without it the images are processed in this process. */
  readonly master?: string;
  readonly json?: boolean;
}

interface Run {
  readonly site: Site;
  readonly options: RunOptions;
  readonly target: Target;
  readonly format: OutputFormat | undefined;
  readonly places: Places | undefined;
  readonly progress: ProgressDisplay;
  readonly interrupted: AbortSignal;
}

/** Processes all images, reports each as it ends, and gives the exit code. One that fails does not stop the others. */
export async function runImages(images: readonly string[], options: RunOptions): Promise<number> {
  parsePipeline(options.do ?? "");
  const target = targetOf(options.output, images, options.json === true);
  const format = formatOf(target, options.format);
  if (target.kind !== "stdout")
    await checkWritable(target.kind === "folder" ? target.path : dirname(target.path));
  const places = target.kind === "stdout" ? undefined : new Places(target, images);
  // An image that would be overwritten is refused before any work, where its place is known by now.
  if (target.kind === "file") places?.placeOf(images[0]!, format ?? "png");

  let finished = 0;
  let exitCode: number = EXIT.ok;
  const interrupt = interruption();
  const progress = progressDisplay({ images: images.length, finished: () => finished });
  const site = await openSite(options, (job) => progress.show(job));
  const run: Run = { site, options, target, format, places, progress, interrupted: interrupt.signal };
  const queue = [...images];
  const next = async (): Promise<void> => {
    for (let image = queue.shift(); image !== undefined; image = queue.shift()) {
      if (interrupt.signal.aborted) return;
      const code = await runImage(run, image);
      exitCode = Math.max(exitCode, code);
      finished++;
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  } finally {
    progress.clear();
    await site.close();
    interrupt.end();
  }
  return interrupt.signal.aborted ? EXIT.interrupted : exitCode;
}

async function openSite({ master, threads }: RunOptions, onProgress: OnProgress): Promise<Site> {
  if (master === undefined) {
    const { openHere } = await import("./here.ts");
    return openHere(threads, onProgress);
  }
  if (threads !== undefined)
    throw new UsageError("--threads are of this machine. Leave out --master, or them.");
  const { openThere } = await import("./there.ts");
  return openThere(await connect({ master }), onProgress);
}

async function runImage(run: Run, image: string): Promise<number> {
  const { options, progress } = run;
  try {
    const startedMs = performance.now();
    const { job, output } = await processImage(run, image);
    const figures = figuresFor(image, output, job, performance.now() - startedMs);
    progress.clear();
    if (options.json) printJson(figures);
    else {
      const stream = run.target.kind === "stdout" ? process.stderr : process.stdout;
      stream.write(`${paint(stream, "bold", output)}  ${figuresText(figures, job)}\n`);
    }
    return EXIT.ok;
  } catch (thrown) {
    progress.clear();
    const failure = failureOf(thrown);
    if (options.json) printJson({ input: image, error: failure });
    else process.stderr.write(`${errorLine({ ...failure, message: `${image}: ${failure.message}` })}\n`);
    if (failure.code === "internal" && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`);
    return exitCodeOf(thrown);
  }
}

/** One image from file to file. */
async function processImage(run: Run, image: string): Promise<{ job: JobView; output: string }> {
  const { site, options, format, interrupted } = run;
  const submitted = await site.submit({ image, options, format }, interrupted);
  let ended = false;
  try {
    const output = run.places?.placeOf(image, submitted.output.format as OutputFormat) ?? "-";
    const job = await site.wait(submitted.id, interrupted);
    ended = true;
    if (job.error !== undefined) throw new TesseraError(job.error.code, job.error.message);
    if (job.state === "cancelled") throw new TesseraError("job_cancelled");
    await site.deliver(job.id, output, interrupted);
    return { job, output };
  } finally {
    if (!ended) await site.cancel(submitted.id);
  }
}
