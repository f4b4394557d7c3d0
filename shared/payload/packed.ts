import type { Packed } from "../bus/messages.ts";
import { isEmpty, sameRect } from "../geometry.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { Plane } from "../ops/op.ts";
import type { Raster } from "../raster.ts";
import { damaged } from "./damaged.ts";
import { decodePayload, decodeToPlane, encodePayload, encodePlane } from "./payload.ts";

/** The pixels of `raster` for their way between processes; of an empty one there are none. */
export function pack(kernels: Kernels, raster: Raster): Packed {
  const { rect, format } = raster;
  return { rect, format, payload: isEmpty(rect) ? new Uint8Array(0) : encodePayload(kernels, raster) };
}

/** As `pack`, of pixels in the kernels' memory. */
export function packPlane(kernels: Kernels, plane: Plane): Packed {
  const { channels, depth } = plane.format;
  return { rect: plane.rect, format: { channels, depth }, payload: encodePlane(kernels, plane) };
}

/** The raster that was packed, in `target` if given (at least as large). @throws payload_damaged */
export function unpack(kernels: Kernels, { rect, format, payload }: Packed, target?: Uint8Array): Raster {
  if (isEmpty(rect)) return { rect, format, data: new Uint8Array(0), stride: 0 };
  return decodePayload(kernels, payload, rect, format, target);
}

/**
 * As `unpack`, into the kernels' memory, up to 15 bytes past the end of a row.
 *
 * @throws payload_damaged, also if it is not the plane's rectangle and format that were packed
 */
export function unpackToPlane(kernels: Kernels, { rect, format, payload }: Packed, plane: Plane): void {
  const { channels, depth } = plane.format;
  if (!sameRect(rect, plane.rect) || format.channels !== channels || format.depth !== depth)
    throw damaged("It is not what the tile needs.");
  decodeToPlane(kernels, payload, plane);
}
