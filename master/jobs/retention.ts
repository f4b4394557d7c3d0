import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { asTesseraError, type TesseraError } from "../../shared/errors.ts";
import type { Limits } from "../limits.ts";
import type { Idempotency } from "../store/idempotency.ts";
import type { JobExpiry } from "../store/job_expiry.ts";
import type { JobStore } from "../store/store.ts";
import type { Uploads } from "../uploads/uploads.ts";
import type { JobRecord } from "./job.ts";
import type { JobFiles } from "./job_files.ts";

/** What one round removes at most, of each kind; the next round takes the rest. */
const ROUND = 100;
/** Tiles that are forgotten at a time; a job may have very many. */
const TILES_AT_ONCE = 2000;
/** At a start, before anything else has its turn. */
const LOOKED_AT_ONCE = 20;

interface RetentionNeeds {
  readonly store: JobStore;
  readonly expiry: JobExpiry;
  readonly files: JobFiles;
  readonly once: Idempotency;
  readonly uploads: Uploads;
  readonly limits: Limits;
  readonly now: () => number;
  /** Told of each job that is not known any more. */
  readonly onGone: (job: JobRecord) => void;
  readonly onTrouble: (fault: TesseraError) => void;
}

/**
 * Results and sources go when they have expired, and rows when history is old. What is said of a job changes first and
 * its files go after, in the background: what a crash leaves of them is found at the next start.
 */
export class Retention {
  private readonly removing = new Set<Promise<void>>();
  private forgetting = false;
  private stopping = false;

  constructor(private readonly needs: RetentionNeeds) {}

  /** At a start: what a crash left between an upload and its job, or between a job's end and its clean-up. */
  start(): void {
    const { store, expiry, files, uploads } = this.needs;
    this.sweep();
    const kept = new Set([...expiry.sourcesKept(), ...uploads.kept()]);
    const orphans = files.orphans(kept, (id) => store.get(id) !== undefined);
    files.removeNow(orphans);
    // Whatever comes later is not in this list.
    const jobs = readdirSync(files.jobs);
    void this.inBackground(async () => {
      for (const [i, id] of jobs.entries()) {
        if (this.stopping) return;
        if (i % LOOKED_AT_ONCE === 0) await new Promise(setImmediate);
        const record = store.get(id);
        await remove(record === undefined ? [files.folderOf(id)] : files.leftovers(record));
      }
    });
  }

  /** One round. A disk that is too full to write down what has gone is told; the next round tries again. */
  sweep(): void {
    try {
      this.expire();
      if (!this.forgetting) this.forgetOld().catch((thrown) => this.tell(thrown));
    } catch (thrown) {
      this.tell(thrown);
    }
  }

  private expire(): void {
    const { expiry, files, now, once, uploads } = this.needs;
    const expired = expiry.files(now(), ROUND);
    const sources = expiry.sources(now(), ROUND);
    expiry.filesGone(expired.map(({ id }) => id));
    expiry.sourcesGone(sources.map(({ id }) => id));
    const paths = [
      ...expired.flatMap((record) => files.all(record)),
      ...sources.flatMap((record) => files.sourceOf(record)),
      ...uploads.expire(ROUND),
    ];
    void this.inBackground(() => remove(paths));
    once.sweep();
  }

  /** Forgets ended jobs and removes all that is kept of them. Resolves when they are gone from the disk too. */
  forget(records: readonly JobRecord[]): Promise<void> {
    const { store, expiry, files } = this.needs;
    // From here on none is tried again, or downloaded.
    expiry.filesGone(records.map(({ id }) => id));
    return this.inBackground(async () => {
      for (const { id } of records)
        while (store.removeTiles(id, TILES_AT_ONCE) === TILES_AT_ONCE) await new Promise(setImmediate);
      this.forgetRows(records);
      await remove(records.flatMap((record) => files.all(record)));
    });
  }

  private async forgetOld(): Promise<void> {
    const { expiry, limits, now } = this.needs;
    const old = expiry.ended(now() - limits.historyKeptMs, ROUND);
    if (old.length === 0) return;
    this.forgetting = true;
    try {
      await this.forget(old);
    } finally {
      this.forgetting = false;
    }
  }

  /** Resolves once nothing is being removed. */
  async idle(): Promise<void> {
    await Promise.all(this.removing);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.idle();
  }

  private tell(thrown: unknown): void {
    this.needs.onTrouble(asTesseraError(thrown));
  }

  private forgetRows(records: readonly JobRecord[]): void {
    const { store, onGone } = this.needs;
    if (records.length === 0) return;
    store.together(() => {
      for (const { id } of records) store.remove(id);
    });
    for (const record of records) onGone(record);
  }

  private async inBackground(work: () => Promise<void>): Promise<void> {
    const removing = work();
    this.removing.add(removing);
    await removing.finally(() => this.removing.delete(removing));
  }
}

/** Not on this thread, which gigabytes would hold up. What cannot be removed is found again at the next start. */
async function remove(paths: readonly string[]): Promise<void> {
  for (const path of paths) await Promise.allSettled([rm(path, { recursive: true, force: true })]);
}
