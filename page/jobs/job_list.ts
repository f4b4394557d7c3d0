/**
 * A page of jobs that stays as it is while somebody reads it: what is in it changes live, what comes waits to be asked
 * for, unless nobody would lose their place by it.
 */
import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Client, JobFilter, JobView, Told } from "../../client/client.ts";
import { fits } from "./filter.ts";

export interface Row {
  readonly job: JobView;
  /** It was deleted since it was listed. */
  readonly isGone: boolean;
}

export interface ShownPage {
  readonly rows: readonly Signal<Row>[];
  /** Where other pages begin; the newer one may be the first, which needs no cursor. */
  readonly older: string | undefined;
  readonly newer: string | undefined;
  readonly isFirst: boolean;
}

export interface Asked {
  readonly filter: JobFilter;
  readonly cursor: string | undefined;
}

interface JobListNeeds {
  readonly listJobs: Client["listJobs"];
  /** Whether rows may not move now: somebody points at them, or has chosen some. */
  readonly isHeld: () => boolean;
  /** What could not be had. */
  readonly onFault: (thrown: unknown) => void;
}

const PAGE_JOBS = 50;
/** Beyond it nobody wants to know how many there are. */
const WAITING_MAX = 1000;
/** Between one look at what has come and the next. */
const PAUSE_MS = 1000;

export class JobList {
  /** Nothing until it is known. */
  readonly page = signal<ShownPage | undefined>(undefined);
  /** Whether another page is on its way. */
  readonly isComing = signal(true);
  /** Jobs that are not shown, and would be if the list were asked for again. */
  readonly waiting: ReadonlySignal<ReadonlySet<string>>;
  private readonly held = signal<ReadonlySet<string>>(new Set());
  private readonly rows = new Map<string, Signal<Row>>();
  /** What was told while a page was on its way: it may be newer than the page. */
  private readonly told = new Map<string, JobView>();
  /** Whether rows are shown that do not belong here any more. */
  private isStale = false;
  private asked: Asked | undefined;
  private loading: AbortController | undefined;
  private pause: ReturnType<typeof setTimeout> | undefined;
  /** Jobs of the time when the live topic was begun; whatever is created later is new. */
  private known: { readonly ids: Set<string>; latest: string } | undefined;

  constructor(private readonly needs: JobListNeeds) {
    this.waiting = this.held;
  }

  /** Shows another page, or the same anew. */
  async load(asked: Asked): Promise<void> {
    this.asked = asked;
    this.isComing.value = true;
    await this.fetch(asked);
  }

  /** Looks again at what is shown. */
  async refresh(): Promise<void> {
    if (this.asked !== undefined) await this.fetch(this.asked);
  }

  /** Nobody holds the rows any more. */
  release(): void {
    this.follow();
  }

  hear(message: Told<"jobs">): void {
    if (message.type !== "jobs") return;
    const isAgain = message.snapshot && this.known !== undefined;
    if (message.snapshot) this.begin(message.jobs);
    batch(() => {
      for (const id of message.gone) this.forget(id);
      for (const job of message.jobs) this.see(job);
    });
    // What happened while we were away is not told one by one.
    if (isAgain) void this.refresh();
    else this.follow();
  }

  end(): void {
    this.loading?.abort();
    clearTimeout(this.pause);
  }

  private begin(jobs: readonly JobView[]): void {
    this.known = { ids: new Set(jobs.map(({ id }) => id)), latest: jobs[0]?.created_at ?? "" };
  }

  private see(job: JobView): void {
    const row = this.rows.get(job.id);
    if (this.loading !== undefined) this.told.set(job.id, job);
    if (row !== undefined) {
      row.value = { job, isGone: false };
      this.isStale ||= this.asked !== undefined && !fits(job, this.asked.filter);
    } else this.hold(job.id, this.isWaiting(job));
  }

  private forget(id: string): void {
    const row = this.rows.get(id);
    if (row !== undefined) {
      row.value = { ...row.value, isGone: true };
      this.isStale = true;
    }
    this.hold(id, false);
  }

  private hold(id: string, isWaiting: boolean): void {
    if (this.held.value.has(id) === isWaiting) return;
    if (isWaiting && this.held.value.size >= WAITING_MAX) return;
    const held = new Set(this.held.value);
    if (isWaiting) held.add(id);
    else held.delete(id);
    this.held.value = held;
  }

  private isWaiting(job: JobView): boolean {
    const page = this.page.value;
    if (page === undefined || this.asked === undefined || !fits(job, this.asked.filter)) return false;
    if (page.isFirst) {
      const oldest = page.rows.at(-1)?.value.job.created_at ?? "";
      return page.older === undefined || job.created_at > oldest;
    }
    return this.known !== undefined && !this.known.ids.has(job.id) && job.created_at >= this.known.latest;
  }

  /** Shows what has come, if that moves nothing under somebody's eyes. */
  private follow(): void {
    if (!this.isStale && this.held.value.size === 0) return;
    if (this.pause !== undefined || !this.page.value?.isFirst || this.needs.isHeld()) return;
    this.pause = setTimeout(() => {
      this.pause = undefined;
      this.follow();
    }, PAUSE_MS);
    void this.refresh();
  }

  private async fetch({ filter, cursor }: Asked): Promise<void> {
    this.loading?.abort();
    const loading = new AbortController();
    this.loading = loading;
    try {
      const found = await this.needs.listJobs(
        { ...filter, cursor, limit: PAGE_JOBS },
        { signal: loading.signal },
      );
      if (this.loading === loading) this.show(found, cursor);
    } catch (thrown) {
      if (this.loading === loading) this.needs.onFault(thrown);
    } finally {
      if (this.loading === loading) {
        this.loading = undefined;
        this.told.clear();
        this.isComing.value = false;
      }
    }
  }

  private show(found: Awaited<ReturnType<Client["listJobs"]>>, cursor: string | undefined): void {
    batch(() => {
      const rows = found.jobs.map((listed) => {
        const told = this.told.get(listed.id);
        const job = told !== undefined && told.wall_ms > listed.wall_ms ? told : listed;
        const row = this.rows.get(job.id) ?? signal({ job, isGone: false });
        row.value = { job, isGone: false };
        return row;
      });
      this.rows.clear();
      for (const row of rows) this.rows.set(row.value.job.id, row);
      this.held.value = new Set();
      this.isStale = false;
      this.page.value = {
        rows,
        older: found.next_cursor,
        newer: found.previous_cursor,
        isFirst: cursor === undefined,
      };
    });
  }
}
