import type { ImageLimits } from "./probe/types.ts";

/** What a master takes in unless it is configured otherwise. */
export interface Limits extends ImageLimits {
  readonly uploadBytesMax: number;
  /** Disk that stays free whatever is asked for. */
  readonly freeBytesMin: number;
  /** How long the files of a job that failed by a tile are kept, for another try. */
  readonly failedKeptMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  pixelsMax: 2_000_000_000,
  sideMax: 250_000,
  unboundedPixelsMax: 100_000_000,
  uploadBytesMax: 8 * 2 ** 30,
  freeBytesMin: 512 * 2 ** 20,
  failedKeptMs: 24 * 3_600_000,
};
