/** Runs in a thread, for what is small on the main one: packs a raster in shared memory, or unpacks one into it. */
import type { Packed } from "../../shared/bus/messages.ts";
import { type Kernels, loadKernels } from "../../shared/kernels/kernels.ts";
import { pack, unpack } from "../../shared/payload/packed.ts";
import type { Raster } from "../../shared/raster.ts";

export type PackingTask =
  | { readonly raster: Raster }
  | { readonly packed: Packed; readonly target: SharedArrayBuffer };

let kernels: Kernels | undefined;

export default function work(task: PackingTask): Packed | undefined {
  kernels ??= loadKernels();
  kernels.reset();
  if ("raster" in task) return pack(kernels, task.raster);
  unpack(kernels, task.packed, new Uint8Array(task.target));
  return undefined;
}
