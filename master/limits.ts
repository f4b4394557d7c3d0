import { type Settings, withDefaults } from "../shared/config/table.ts";
import type { Pace } from "./accept/steady.ts";
import type { LimiterSettings } from "./limiting/limiter.ts";
import type { ImageLimits } from "./probe/types.ts";

/** What a master takes in. */
export interface Limits extends ImageLimits {
  readonly uploadBytesMax: number;
  /** The slowest that a request's body may come. */
  readonly bodyPace: Pace;
  /** Disk that stays free whatever is asked for. */
  readonly freeBytesMin: number;
  /** How long the files of a job that failed by a tile are kept, for another try. */
  readonly failedKeptMs: number;
  /** How long a result is kept whose sender says nothing, and at most. */
  readonly resultKeptMs: number;
  readonly resultKeptMsMax: number;
  /** How long the source of a job that is done is kept; never longer than its result. */
  readonly sourceKeptMs: number;
  /** How long it is known of a job that has ended. */
  readonly historyKeptMs: number;
  /** How long an upload is kept that has not become a job, and how many one owner may have. */
  readonly uploadKeptMs: number;
  readonly openUploadsMax: number;
  readonly batchImagesMax: number;
  /** Disk for images that are decoded to be looked at, and how long each is kept that nobody looks at. */
  readonly previewBytesMax: number;
  readonly previewKeptMs: number;
  /** Of one owner, and of one address. */
  readonly each: LimiterSettings;
  /** Ranges of addresses. */
  readonly trustedProxies: readonly string[];
  /** Requests at work, in all. */
  readonly requestsMax: number;
  /** Files and sockets beyond which no connection is taken. */
  readonly openFilesMax: number;
  /** Connections that watch, in all and of one owner. */
  readonly watchersMax: number;
  readonly watchersPerOwnerMax: number;
}

const HOUR_MS = 3_600_000;

export const limitsOf = ({ limits, preview, retention, trusted_proxies }: Settings): Limits => ({
  pixelsMax: limits.pixels,
  sideMax: limits.side,
  unboundedPixelsMax: limits.unbounded_pixels,
  uploadBytesMax: limits.upload_bytes,
  bodyPace: { bytes: limits.body_bytes, everyMs: limits.body_seconds * 1000 },
  freeBytesMin: limits.free_bytes,
  failedKeptMs: limits.failed_kept_hours * HOUR_MS,
  resultKeptMs: Math.min(retention.result_hours, retention.result_hours_max) * HOUR_MS,
  resultKeptMsMax: retention.result_hours_max * HOUR_MS,
  sourceKeptMs: (retention.source_hours ?? retention.result_hours_max) * HOUR_MS,
  historyKeptMs: retention.history_days * 24 * HOUR_MS,
  uploadKeptMs: retention.upload_hours * HOUR_MS,
  openUploadsMax: limits.open_uploads,
  batchImagesMax: limits.batch_images,
  previewBytesMax: preview.disk_bytes,
  previewKeptMs: preview.kept_minutes * 60_000,
  each: {
    requestsPerMinute: limits.requests_per_minute,
    pixelsPerMinute: limits.pixels_per_minute,
    uploadsAtOnce: limits.uploads_at_once,
    queuedJobs: limits.queued_jobs,
    storedBytes: limits.stored_bytes,
    addressRequestsPerMinute: limits.address_requests_per_minute,
    addressUploadsAtOnce: limits.address_uploads_at_once,
    signInFailuresPerMinute: limits.sign_in_failures_per_minute,
  },
  trustedProxies: trusted_proxies,
  requestsMax: limits.requests_at_once,
  openFilesMax: limits.open_files,
  watchersMax: limits.watchers,
  watchersPerOwnerMax: limits.watchers_per_owner,
});

export const DEFAULT_LIMITS: Limits = limitsOf(withDefaults({}));
