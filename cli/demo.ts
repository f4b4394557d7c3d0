/**
 * `npm run demo`: makes a picture, sends it through a pipeline that shows a few things off, and tells how to do the
 * same with one's own photo. `npm run demo -- PHOTO` takes that instead.
 */
import { mkdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, extname, join, relative, resolve } from "node:path";
import { openEngine } from "../embedded/engine.ts";
import { TesseraError } from "../shared/errors.ts";
import { exitCodeOf, printError } from "./failure.ts";
import { interruption } from "./run/interruption.ts";
import { moveInto } from "./run/place.ts";
import { progressDisplay } from "./run/progress_bar.ts";
import { formatBytes, formatSeconds, paint } from "./terminal.ts";

const FOLDER = join(import.meta.dir, "..", "data", "demo");
const PIPELINE = "auto_contrast | unsharp_mask | saturation(amount=1.3) | rotate(angle=90)";
const SAMPLE = { width: 8000, height: 6000, channels: 3, depth: 8, seed: 7 } as const;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const shown = (path: string): string => relative(process.cwd(), path) || path;

try {
  mkdirSync(FOLDER, { recursive: true });
  const given = process.argv[2];
  await processPicture(given === undefined ? await sample() : resolve(given));
} catch (thrown) {
  printError(thrown, false);
  process.exitCode = exitCodeOf(thrown);
}

async function sample(): Promise<string> {
  const path = join(FOLDER, "picture.jpg");
  say(`Making a picture of ${SAMPLE.width} × ${SAMPLE.height} pixels: ${shown(path)}`);
  const { writePicture } = await import("../samples/write.ts");
  await writePicture(path, SAMPLE);
  return path;
}

async function processPicture(picture: string): Promise<void> {
  const threads = availableParallelism();
  say(`Processing it tile by tile on ${threads} threads: ${paint(process.stdout, "cyan", PIPELINE)}`);
  const output = join(FOLDER, `${basename(picture, extname(picture))}-done.jpg`);
  const startedMs = performance.now();
  const progress = progressDisplay({ images: 1, finished: () => 0 }, true);
  const interrupt = interruption();
  const engine = await openEngine({ threads });
  try {
    engine.master.onProgress((job) => progress.show(job));
    const source = { path: picture, owned: false, name: basename(picture) };
    const { id } = await engine.master.submit({ source, pipeline: PIPELINE, output: { format: "jpeg" } });
    interrupt.signal.addEventListener("abort", () => engine.master.cancel(id));
    const job = await engine.master.wait(id);
    progress.clear();
    if (job.error !== undefined) throw new TesseraError(job.error.code, job.error.message);
    await moveInto(engine.master.resultPath(id), output);
    const seconds = (performance.now() - startedMs) / 1000;
    const megapixels = (job.source.width * job.source.height) / 1e6;
    const tiles = job.progress.tiles_total;
    say(`Done: ${tiles} tiles in ${job.stages} stages in ${formatSeconds(seconds)}.`);
    say(`  ${(tiles / seconds).toFixed(0)} tiles/s, ${(megapixels / seconds).toFixed(0)} megapixels/s`);
    say(`  ${job.output.width} × ${job.output.height} pixels, ${formatBytes(statSync(output).size)}`);
    say(`\nThe finished picture:  ${paint(process.stdout, "bold", shown(output))}`);
    say(`Your own photo:        ${tessera()} run PHOTO.jpg --do "${PIPELINE}" --output done.jpg`);
    say(`All operations:        ${tessera()} transforms`);
  } finally {
    progress.clear();
    await engine.stop();
    interrupt.end();
  }
}

/** How this user reaches the command: by the runner that started us. */
function tessera(): string {
  const byBun = process.env.npm_config_user_agent?.startsWith("bun/") === true;
  return byBun ? "bun run tessera" : "npm run -s tessera --";
}
