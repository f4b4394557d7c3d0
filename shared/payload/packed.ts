import type { Packed } from "../bus/messages.ts";
import { isEmpty } from "../geometry.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { Raster } from "../raster.ts";
import { decodePayload, encodePayload } from "./payload.ts";

/** The pixels of `raster` for their way between processes; of an empty one there are none. */
export function pack(kernels: Kernels, raster: Raster): Packed {
  const { rect, format } = raster;
  const payload = isEmpty(rect) ? new Uint8Array(0) : encodePayload(kernels, raster);
  return { rect, format, payload };
}

/** The raster that was packed, in `target` if given (at least as large). @throws payload_damaged */
export function unpack(kernels: Kernels, { rect, format, payload }: Packed, target?: Uint8Array): Raster {
  if (isEmpty(rect)) return { rect, format, data: new Uint8Array(0), stride: 0 };
  return decodePayload(kernels, payload, rect, format, target);
}
