import type { JobView } from "../../shared/api/job.ts";
import type { OutputFormat } from "../../shared/api/output.ts";
import type { ImageOptions } from "./options.ts";

/** What a site is told of an image. */
export interface Order {
  readonly image: string;
  readonly options: ImageOptions;
  readonly format: OutputFormat | undefined;
}

/** Where images are processed: in this process, or by a server. */
export interface Site {
  /** Takes an image in. @throws TesseraError if it is none, or what is asked of it cannot be */
  submit(order: Order, interrupted: AbortSignal): Promise<JobView>;
  /** The job once it has ended. When it is interrupted it is cancelled. */
  wait(id: string, interrupted: AbortSignal): Promise<JobView>;
  /** Nothing, if it has ended already. */
  cancel(id: string): Promise<void>;
  /** Brings a finished job's result into its place, whole or not at all; `-` is stdout. */
  deliver(id: string, place: string, interrupted: AbortSignal): Promise<void>;
  /** Leaves nothing behind. */
  close(): Promise<void>;
}

export type OnProgress = (job: JobView) => void;
