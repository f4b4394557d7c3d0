/** Runs in a thread: packs a raster in shared memory, or unpacks one into it. */
import { move, transferableSymbol, valueSymbol } from "piscina";
import type { Packed } from "../../shared/bus/messages.ts";
import { type Kernels, loadKernels } from "../../shared/kernels/kernels.ts";
import { pack, unpack } from "../../shared/payload/packed.ts";
import type { Raster } from "../../shared/raster.ts";

export type PackingTask =
  | { readonly raster: Raster }
  | { readonly packed: Packed; readonly target: SharedArrayBuffer };

let kernels: Kernels | undefined;

/** What is packed is handed over, not copied. */
export default function work(task: PackingTask): unknown {
  kernels ??= loadKernels();
  kernels.reset();
  if ("packed" in task) {
    unpack(kernels, task.packed, new Uint8Array(task.target));
    return undefined;
  }
  const packed = pack(kernels, task.raster);
  const transfer = [packed.payload.buffer];
  return move({
    get [transferableSymbol]() {
      return transfer;
    },
    get [valueSymbol]() {
      return packed;
    },
  });
}
