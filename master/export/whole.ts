import { open, rm, stat } from "node:fs/promises";
import type { Sharp } from "sharp";
import { TesseraError } from "../../shared/errors.ts";
import { colourspaceOf } from "../codec/colourspace.ts";
import { encodeError } from "../codec/errors.ts";
import { loadSharp } from "../codec/sharp.ts";
import type { ImageMetadata } from "../probe/types.ts";
import { attachMetadata } from "./canvas_metadata.ts";
import type { Exporter, ExportNeeds } from "./exporter.ts";
import type { OutputSpec } from "./output.ts";

/** WebP and AVIF: the library encodes the whole canvas once it is complete. */
export class WholeExport implements Exporter {
  private running: Promise<{ bytes: number }> | undefined;
  private state: "running" | "failed" | "finished" = "running";

  constructor(
    private readonly needs: ExportNeeds,
    private readonly metadata: ImageMetadata,
  ) {}

  rowsDone(_y: number): void {}

  async finish(): Promise<{ bytes: number }> {
    this.running ??= this.encode();
    try {
      const done = await this.running;
      if (this.state === "failed") throw new TesseraError("job_cancelled");
      this.state = "finished";
      return done;
    } catch (thrown) {
      await rm(this.needs.path, { force: true });
      throw encodeError(thrown);
    }
  }

  async abort(): Promise<void> {
    if (this.state === "finished") return;
    this.state = "failed";
    await this.running?.catch(() => {}); // the library cannot be stopped
    await rm(this.needs.path, { force: true });
  }

  private async encode(): Promise<{ bytes: number }> {
    const { canvas, spec, path, sync } = this.needs;
    if (this.state === "failed") throw new TesseraError("job_cancelled");
    await attachMetadata(canvas, this.metadata);
    const sharp = await loadSharp();
    const image = sharp(canvas.path, { limitInputPixels: false, ignoreIcc: true });
    image.toColourspace(colourspaceOf(canvas.shape));
    // one by one: "all" would add an EXIF block of the library's own where there is none
    if (this.metadata.exif) image.keepExif();
    if (this.metadata.xmp) image.keepXmp();
    if (this.metadata.icc) image.keepIccProfile();
    await encoderOf(image, spec).toFile(path);
    if (sync) await syncFile(path);
    return { bytes: (await stat(path)).size };
  }
}

function encoderOf(image: Sharp, spec: OutputSpec): Sharp {
  const { quality, effort, lossless } = spec;
  switch (spec.format) {
    case "webp":
      // "exact" keeps the colour under transparent pixels, which lossless promises
      return image.webp({ quality, lossless, exact: lossless, effort: Math.round((effort * 6) / 9) });
    case "avif":
      return image.avif({ quality, lossless, effort });
    default:
      throw new Error(`${spec.format} is written in strips`);
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
