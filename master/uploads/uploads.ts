import { randomUUID } from "node:crypto";
import { copyFile, link, rm } from "node:fs/promises";
import { join } from "node:path";
import type { UploadView } from "../../shared/api/upload.ts";
import { asTesseraError, TesseraError } from "../../shared/errors.ts";
import { receivePart } from "../accept/receive.ts";
import type { SinkOptions } from "../accept/sink.ts";
import type { Limits } from "../limits.ts";
import type { UploadRecord, UploadStore } from "../store/uploads.ts";
import { readMetadata } from "./metadata.ts";

interface UploadNeeds {
  readonly store: UploadStore;
  /** Where the files are. */
  readonly dir: string;
  readonly limits: Limits;
  readonly now: () => number;
  /** Aborted when nothing is to be written down any more. */
  readonly leaving: AbortSignal;
}

/** An upload that is to become a job. Nobody else has it until `leave` is called. */
interface Whole {
  readonly path: string;
  readonly name: string | undefined;
  /** To be called in one transaction with what makes the job. @throws upload_used */
  use(job: string): void;
  leave(): void;
}

/** A part of a file as it comes. */
interface Part extends Pick<SinkOptions, "sync" | "checkRoom"> {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Makes `bytes` end with an error. */
  interrupt(): void;
}

/** Whoever has an upload at the moment; who sends to it can be interrupted. */
interface Holder {
  readonly left: Promise<void>;
  readonly interrupt?: () => void;
}

/**
 * Files that are sent in parts. The store says how much of a file counts, and says it only once that is on the disk:
 * what a crash leaves behind it is written over. A file that becomes a job stays where it is and is that job's from the
 * same transaction on.
 */
export class Uploads {
  private readonly held = new Map<string, Holder>();

  constructor(private readonly needs: UploadNeeds) {}

  /** Begins one. @throws request_invalid, quota_reached */
  create(owner: string, length: number, metadata?: string): UploadRecord {
    const { store, limits, now } = this.needs;
    if (metadata !== undefined) readMetadata(metadata);
    if (store.openOf(owner).count >= limits.openUploadsMax)
      throw new TesseraError(
        "quota_reached",
        `Of uploads that have not become jobs ${limits.openUploadsMax} are allowed.`,
      );
    const id = randomUUID();
    const said = metadata === undefined ? {} : { metadata };
    store.insert({ id, owner, length, ...said, createdMs: now(), expiresMs: now() + limits.uploadKeptMs });
    return this.own(owner, id);
  }

  /** An upload of this owner's; whether another's is there is not told. @throws upload_not_found */
  own(owner: string, id: string): UploadRecord {
    const upload = this.needs.store.get(id);
    if (upload === undefined || upload.owner !== owner || upload.expiresMs <= this.needs.now())
      throw new TesseraError("upload_not_found");
    return upload;
  }

  /** A whole one, to make a job of it. @throws upload_not_found, upload_used, upload_incomplete, upload_busy */
  take(owner: string, id: string): Whole {
    const upload = this.ownWhole(owner, id);
    if (upload.job !== undefined) throw usedBy(upload.job);
    const use = (job: string) => this.needs.store.use(id, job);
    return { path: this.pathOf(id), name: nameOf(upload), use, leave: this.hold(id) };
  }

  /**
   * Gives the file of a whole one a second name, which is the caller's to remove: what it names can be read whatever
   * becomes of the upload. One that has become a job can be read for as long as the job keeps its source.
   *
   * @throws upload_not_found, upload_incomplete, upload_used, disk_full
   */
  async lend(owner: string, id: string, path: string): Promise<void> {
    this.ownWhole(owner, id);
    try {
      await named(this.pathOf(id), path);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw thrown;
      const { job } = this.own(owner, id);
      throw job === undefined ? thrown : usedBy(job);
    }
  }

  /**
   * Interrupts whoever sends to it, and resolves once what has come of that is on the disk. A broken connection is
   * often noticed by its client alone, which would have to wait until we do.
   *
   * @throws upload_not_found
   */
  async settle(owner: string, id: string): Promise<void> {
    this.own(owner, id);
    for (;;) {
      const holder = this.held.get(id);
      if (holder?.interrupt === undefined) return;
      holder.interrupt();
      await holder.left;
    }
  }

  /**
   * Takes more of its bytes. What has come stays, however it ends; but what is no image goes with the whole upload.
   *
   * @throws upload_not_found, upload_offset_wrong, upload_busy, bus_closed, and what `receiveRaw` throws
   */
  async append(owner: string, id: string, offset: number, part: Part): Promise<UploadRecord> {
    await this.settle(owner, id);
    const leave = this.hold(id, part.interrupt);
    try {
      const upload = this.own(owner, id);
      if (upload.offset !== offset)
        throw new TesseraError("upload_offset_wrong", `It has ${upload.offset} bytes.`);
      if (offset < upload.length) await this.receive(upload, part);
      return this.own(owner, id);
    } finally {
      leave();
    }
  }

  /** Forgets it, and removes its file if that is not a job's. @throws upload_not_found, upload_busy */
  async remove(owner: string, id: string): Promise<void> {
    await this.settle(owner, id);
    const leave = this.hold(id);
    try {
      await this.forget(this.own(owner, id));
    } finally {
      leave();
    }
  }

  /** Forgets some of those whose time is over; gives the files that are to go. */
  expire(limit: number): string[] {
    const { store, now } = this.needs;
    const expired = store.expired(now(), limit).filter(({ id }) => !this.held.has(id));
    if (expired.length > 0) store.remove(expired.map(({ id }) => id));
    return expired.flatMap(({ id, job }) => (job === undefined ? [this.pathOf(id)] : []));
  }

  /** Files that are no job's and are to stay. */
  kept(): string[] {
    return this.needs.store.open().map((id) => this.pathOf(id));
  }

  /** How many bytes those of an owner come to that have not become jobs, once they are whole. */
  bytesOf(owner: string): number {
    return this.needs.store.openOf(owner).bytes;
  }

  private ownWhole(owner: string, id: string): UploadRecord {
    const upload = this.own(owner, id);
    if (upload.offset < upload.length)
      throw new TesseraError("upload_incomplete", `It has ${upload.offset} bytes of ${upload.length}.`);
    return upload;
  }

  private pathOf(id: string): string {
    return join(this.needs.dir, id);
  }

  /** Keeps everybody else from it until the function is called that this gives. @throws upload_busy */
  private hold(id: string, interrupt?: () => void): () => void {
    if (this.held.has(id)) throw new TesseraError("upload_busy");
    const { promise: left, resolve } = Promise.withResolvers<void>();
    this.held.set(id, { left, ...(interrupt && { interrupt }) });
    return () => {
      this.held.delete(id);
      resolve();
    };
  }

  private async receive(upload: UploadRecord, { bytes, sync, checkRoom }: Part): Promise<void> {
    const { id, offset, length } = upload;
    const { store, limits, now, leaving } = this.needs;
    const onKept = (offset: number) => {
      if (leaving.aborted) throw new TesseraError("bus_closed", "The master is stopping.");
      store.advance(id, offset, now() + limits.uploadKeptMs);
    };
    try {
      await receivePart(bytes, { path: this.pathOf(id), bytesMax: length, sync, checkRoom, onKept }, offset);
    } catch (thrown) {
      if (asTesseraError(thrown).code.startsWith("image_")) await this.forget(upload);
      throw thrown;
    }
  }

  /** The row goes first: a file that nobody knows is found at the next start. */
  private async forget({ id, job }: UploadRecord): Promise<void> {
    this.needs.store.remove([id]);
    if (job === undefined) await rm(this.pathOf(id), { force: true });
  }
}

const usedBy = (job: string): TesseraError => new TesseraError("upload_used", `It is ${job}.`);

/** A second name for a file; on a disk that knows only one of each, such as exFAT, a second file. */
async function named(file: string, path: string): Promise<void> {
  try {
    await link(file, path);
  } catch {
    await copied(file, path);
  }
}

async function copied(file: string, path: string): Promise<void> {
  try {
    await copyFile(file, path);
  } catch (thrown) {
    await rm(path, { force: true });
    throw thrown;
  }
}

/** What an upload's sender calls the file, if it says so. */
export function nameOf({ metadata }: UploadRecord): string | undefined {
  const said = metadata === undefined ? undefined : readMetadata(metadata);
  return said?.get("filename") ?? said?.get("name");
}

export const viewOf = (upload: UploadRecord, name: string): UploadView => ({
  ...{ id: upload.id, name, offset: upload.offset, length: upload.length },
  created_at: new Date(upload.createdMs).toISOString(),
  expires_at: new Date(upload.expiresMs).toISOString(),
  ...(upload.job !== undefined && { job: upload.job }),
});
