import type { Piscina } from "piscina";
import type { BufferPool } from "../../shared/buffers.ts";
import type { Packed } from "../../shared/bus/messages.ts";
import { TesseraError } from "../../shared/errors.ts";
import { bytesPerPixel } from "../../shared/geometry.ts";
import type { Raster } from "../../shared/raster.ts";
import { openThreads } from "../threads.ts";
import { doPacking, type PackingTask } from "./work.ts";

/**
 * A thread costs more than such a raster's work: 64 × 64 RGB takes 0.03 ms here, 0.07 ms by a thread that is there, and
 * 170 ms by the first one.
 */
const SMALL_BYTES = 16 << 10;
const IDLE_MS = 10_000;

/** Packs windows for the bus and unpacks what comes back; on threads of its own what is too much for the event loop. */
export class Packing {
  private piscina: Piscina<PackingTask, Packed | undefined> | undefined;

  constructor(private readonly buffers: BufferPool) {}

  /** `raster` must lie in shared memory and stay as it is meanwhile. */
  async pack(raster: Raster): Promise<Packed> {
    const packed = await this.run({ raster }, raster);
    if (packed === undefined) throw new Error("nothing was packed");
    return packed;
  }

  /** In memory from the pool of buffers; to be given back. @throws payload_damaged */
  async unpack(packed: Packed): Promise<Raster> {
    const { rect, format } = packed;
    const stride = rect.width * bytesPerPixel(format);
    const target = this.buffers.take(stride * rect.height);
    try {
      await this.run({ packed, target }, packed);
    } catch (thrown) {
      this.buffers.give(target);
      // An error loses its kind on its way from a thread.
      throw new TesseraError("payload_damaged", "", { cause: thrown });
    }
    return { rect, format, data: new Uint8Array(target), stride };
  }

  async close(): Promise<void> {
    await this.piscina?.destroy();
  }

  private async run(task: PackingTask, { rect, format }: Raster | Packed): Promise<Packed | undefined> {
    const small = rect.width * rect.height * bytesPerPixel(format) <= SMALL_BYTES;
    return small ? doPacking(task) : this.pool().run(task);
  }

  private pool(): Piscina<PackingTask, Packed | undefined> {
    this.piscina ??= open();
    return this.piscina;
  }
}

const open = () =>
  openThreads<PackingTask, Packed | undefined>(new URL("./thread.ts", import.meta.url), {
    idleMs: IDLE_MS,
    least: 1,
  });
