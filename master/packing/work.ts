import type { Packed } from "../../shared/bus/messages.ts";
import { type Kernels, loadKernels } from "../../shared/kernels/kernels.ts";
import { pack, unpack } from "../../shared/payload/packed.ts";
import type { Raster } from "../../shared/raster.ts";

export type PackingTask =
  | { readonly raster: Raster }
  | { readonly packed: Packed; readonly target: SharedArrayBuffer };

let kernels: Kernels | undefined;

/** Packs a raster, or unpacks one into shared memory. Each thread has its own kernels. @throws payload_damaged */
export function doPacking(task: PackingTask): Packed | undefined {
  kernels ??= loadKernels();
  kernels.reset();
  if ("raster" in task) return pack(kernels, task.raster);
  unpack(kernels, task.packed, new Uint8Array(task.target));
  return undefined;
}
