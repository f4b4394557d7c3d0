/** Where free memory begins. */
export const heapBase: usize = __heap_base;

export { copy } from "./copy";
export { extend } from "./extend";
export { move, gather, fill } from "./move";
export { resize8, resizeWide8, resize16 } from "./resize";
export { table8, table16 } from "./table";
export { matrix8, matrix16, luma8, luma16 } from "./colour";
export {
  premultiply8,
  premultiply16,
  unpremultiply8,
  unpremultiply16,
  copyAlpha16,
} from "./alpha";
export { histogram8, histogram16 } from "./histogram";
export { gauss8, gauss16 } from "./gauss";
export { convolve3x8, convolve8, convolve8f, convolve16, convolve16f } from "./convolve";
export { edges8, edges16 } from "./edges";
export { box8, box16 } from "./box";
export { erode8, erode16, dilate8, dilate16 } from "./rank";
export { median8, median16 } from "./median";
export { bilateral8, bilateral16 } from "./bilateral";
export { unsharp8, unsharp16 } from "./unsharp";
export { pixelate8, pixelate16 } from "./pixelate";
export { reduce8, reduce16 } from "./reduce";
export { toPlanes8, toPlanes16, fromPlanes8, fromPlanes16 } from "./payload";
export {
  toBits8x1, toBits8x2, toBits8x3, toBits8x4,
  toBits16x1, toBits16x2, toBits16x3, toBits16x4,
  fromBits8x1, fromBits8x2, fromBits8x3, fromBits8x4,
  fromBits16x1, fromBits16x2, fromBits16x3, fromBits16x4,
  packWidths,
  unpackWidths,
} from "./bits";
