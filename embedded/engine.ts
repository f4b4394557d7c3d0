import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DEFAULT_LIMITS, type Limits } from "../master/limits.ts";
import { Master } from "../master/master.ts";
import type { OutboundOptions } from "../master/outbound/outbound.ts";
import { makeFolder } from "../master/store/folder.ts";
import type { WebhookOptions } from "../master/webhooks/webhooks.ts";
import { BufferPool } from "../shared/buffers.ts";
import { MemoryBus } from "../shared/bus/memory.ts";
import { SAME_PROCESS } from "../shared/ops/fingerprint.ts";
import { TileWorker } from "../worker/worker.ts";

export interface EngineOptions {
  /** Where jobs are kept; without it a temporary folder that `stop` removes. */
  readonly dir?: string;
  /** Threads that compute tiles; one a core if left out. */
  readonly threads?: number;
  readonly limits?: Partial<Limits>;
  readonly outbound?: Partial<OutboundOptions>;
  readonly webhooks?: Partial<WebhookOptions>;
}

export interface Engine {
  readonly master: Master;
  stop(): Promise<void>;
}

const LEASE_MS = 120_000;

/** Master and worker in one process, joined by the memory bus: the composition root of the embedded mode. */
export function openEngine(options: EngineOptions = {}): Engine {
  const threads = options.threads ?? availableParallelism();
  // Absolute: jobs name their files by it, and the next start may be from elsewhere.
  const kept = options.dir === undefined ? undefined : resolve(options.dir);
  if (kept !== undefined) makeFolder(kept);
  const dir = kept ?? mkdtempSync(join(tmpdir(), "tessera-"));
  const bus = new MemoryBus();
  const buffers = new BufferPool();
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const master = new Master({
    dir,
    bus,
    buffers,
    limits,
    threads,
    durable: kept !== undefined,
    leaseMs: LEASE_MS,
    fingerprint: SAME_PROCESS,
    ...(options.outbound && { outbound: options.outbound }),
    ...(options.webhooks && { webhooks: options.webhooks }),
  });
  const worker = new TileWorker({ bus, buffers, threads, fingerprint: SAME_PROCESS });
  master.start();
  worker.start();
  return {
    master,
    async stop() {
      await master.stop();
      await worker.stop();
      await bus.close();
      buffers.clear();
      if (kept === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}
