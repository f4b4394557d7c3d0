import type { BufferPool } from "../shared/buffers.ts";
import type { Bus } from "../shared/bus/port.ts";
import type { TesseraError } from "../shared/errors.ts";
import type { Fingerprint } from "../shared/ops/fingerprint.ts";
import type { Every } from "./clock.ts";
import type { Limits } from "./limits.ts";
import type { OutboundOptions } from "./outbound/outbound.ts";
import type { WebhookOptions } from "./webhooks/webhooks.ts";

/** What a master is given. */
export interface MasterOptions {
  readonly dir: string;
  readonly bus: Bus;
  readonly buffers: BufferPool;
  readonly limits: Limits;
  /** Threads that compute tiles; sets the dispatch window and the strips encoded at once. */
  readonly threads: number;
  /** False: nothing is synced, for a folder that is thrown away. */
  readonly durable: boolean;
  readonly leaseMs: number;
  /** Of this process' ops: workers with another get no tiles. */
  readonly fingerprint: Fingerprint;
  /** Milliseconds without a heartbeat; by default never, for a worker in the same process. */
  readonly silence?: { readonly silentAfterMs: number; readonly lostAfterMs: number };
  readonly now?: () => number;
  readonly every?: Every;
  /** Where it may go for images; by default what the settings have. */
  readonly outbound?: Partial<OutboundOptions>;
  /** How the ends of jobs are told; by default what the settings have. */
  readonly webhooks?: Partial<WebhookOptions>;
  /** Something outside is wrong that mends itself or has to be mended; work waits for it. */
  readonly onTrouble?: (fault: TesseraError) => void;
}
