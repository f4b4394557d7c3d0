import { join } from "node:path";
import { openEngine } from "../../embedded/engine.ts";
import { colourspaceOf } from "../../master/codec/colourspace.ts";
import { loadSharp } from "../../master/codec/sharp.ts";
import { bytesPerPixel, type PixelFormat, type Size, wholeOf } from "../../shared/geometry.ts";
import type { Raster } from "../../shared/raster.ts";
import { decodeFile, unowned } from "../engine/harness.ts";
import { inFolder } from "../support/folder.ts";

const sharp = await loadSharp();

/** An image of 8 bits whose samples a formula gives. */
export function painted(
  size: Size,
  channels: 1 | 3 | 4,
  sample: (x: number, y: number, c: number) => number,
): Raster {
  const format: PixelFormat = { channels, depth: 8 };
  const data = new Uint8Array(size.width * size.height * channels);
  for (let y = 0, i = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++) for (let c = 0; c < channels; c++, i++) data[i] = sample(x, y, c);
  return { rect: wholeOf(size), format, data, stride: size.width * bytesPerPixel(format) };
}

export const at = ({ data, stride, format }: Raster, x: number, y: number, c = 0): number =>
  data[y * stride + x * format.channels + c]!;

/** What the engine makes of the image, in tiles of 64: through files, threads and all. */
export function processed(image: Raster, pipeline: string): Promise<Raster> {
  return inFolder(async (folder) => {
    const path = join(folder, "source.png");
    const { rect, format } = image;
    const raw = { width: rect.width, height: rect.height, channels: format.channels };
    await sharp(image.data, { raw }).toColourspace(colourspaceOf(format)).png().toFile(path);
    const engine = openEngine({ threads: 2 });
    try {
      const { id } = await engine.master.submit({ source: unowned(path), pipeline, tileSize: 64 });
      const job = await engine.master.wait(id);
      if (job.error !== undefined) throw new Error(job.error.message);
      if (job.progress.tiles_total < 2) throw new Error("one tile shows nothing");
      return await decodeFile(engine.master.resultPath(id));
    } finally {
      await engine.stop();
    }
  });
}
