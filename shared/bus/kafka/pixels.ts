import { bytesPerPixel, type PixelFormat, type Rect } from "../../geometry.ts";
import { copyRows, createRaster, type Raster } from "../../raster.ts";

/** How pixels lie in a message: rows packed, nothing around them. Never larger than `pixelBytes` of the raster. */
export function encodePixels({ rect, format, data, stride }: Raster): Uint8Array {
  const packed = rect.width * bytesPerPixel(format);
  const bytes = packed * rect.height;
  if (stride === packed) return data.subarray(0, bytes);
  const target = new Uint8Array(bytes);
  copyRows({ data: target, at: 0, stride: packed }, { data, at: 0, stride }, packed, rect.height);
  return target;
}

/** The raster in fresh memory, or nothing if `encoded` does not hold exactly one of this size. */
export function decodePixels(encoded: Uint8Array, rect: Rect, format: PixelFormat): Raster | undefined {
  if (encoded.length !== pixelBytes(rect, format)) return undefined;
  const raster = createRaster(rect, format);
  raster.data.set(encoded);
  return raster;
}

export const pixelBytes = (rect: Rect, format: PixelFormat): number =>
  rect.width * rect.height * bytesPerPixel(format);
