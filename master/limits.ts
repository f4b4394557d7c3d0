import { type Settings, withDefaults } from "../shared/config/table.ts";
import type { ImageLimits } from "./probe/types.ts";

/** What a master takes in. */
export interface Limits extends ImageLimits {
  readonly uploadBytesMax: number;
  /** Disk that stays free whatever is asked for. */
  readonly freeBytesMin: number;
  /** How long the files of a job that failed by a tile are kept, for another try. */
  readonly failedKeptMs: number;
}

export const limitsOf = ({ limits }: Settings): Limits => ({
  pixelsMax: limits.pixels,
  sideMax: limits.side,
  unboundedPixelsMax: limits.unbounded_pixels,
  uploadBytesMax: limits.upload_bytes,
  freeBytesMin: limits.free_bytes,
  failedKeptMs: limits.failed_kept_hours * 3_600_000,
});

export const DEFAULT_LIMITS: Limits = limitsOf(withDefaults({}));
