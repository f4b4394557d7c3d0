/** Where free memory begins. */
export const heapBase: usize = __heap_base;

export { copy } from "./copy";
export { extend } from "./extend";
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
