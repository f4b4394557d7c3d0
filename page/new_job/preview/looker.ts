/**
 * Asks for pictures one at a time. What is wanted changes faster than pictures come: the one that is under way is let
 * come, so that something is seen while a slider is dragged, unless it takes long; then only the newest counts.
 */
export interface Wanted<L> {
  /** What it is for: the next picture of the same place takes its place. */
  readonly place: string;
  /** The same key is the same picture. */
  readonly key: string;
  readonly look: L;
}

export interface LookerNeeds<L, P> {
  ask(look: L, signal: AbortSignal): Promise<P>;
  show(place: string, picture: P, look: L): void;
  /** It cannot be had; it is not asked for again until something else is wanted in its place. */
  fail(place: string, thrown: unknown, look: L): void;
  /** Whether something is under way. */
  busy(isBusy: boolean): void;
}

/** One that nobody waits for any more may take so long. */
const PATIENCE_MS = 400;

export class Looker<L, P> {
  private wanted: readonly Wanted<L>[] = [];
  /** The key that each place has, or could not have. */
  private readonly settled = new Map<string, string>();
  private current:
    | { readonly key: string; readonly sinceMs: number; readonly abort: AbortController }
    | undefined;
  private impatience: ReturnType<typeof setTimeout> | undefined;
  private runs = false;
  private ended = false;

  constructor(private readonly needs: LookerNeeds<L, P>) {}

  /** From here on this is wanted, the most urgent first. */
  want(wanted: readonly Wanted<L>[]): void {
    this.wanted = wanted;
    clearTimeout(this.impatience);
    const { current } = this;
    if (current === undefined) return void this.run();
    if (wanted.some(({ key }) => key === current.key)) return;
    const waitMs = current.sinceMs + PATIENCE_MS - performance.now();
    this.impatience = setTimeout(() => current.abort.abort(), Math.max(0, waitMs));
  }

  /** Nobody waits any more for what is under way. */
  giveUp(): void {
    this.current?.abort.abort();
  }

  /** What is there, or could not be had, is asked for again. */
  again(): void {
    this.settled.clear();
    this.want(this.wanted);
  }

  end(): void {
    this.ended = true;
    this.wanted = [];
    clearTimeout(this.impatience);
    this.giveUp();
  }

  private async run(): Promise<void> {
    if (this.runs) return;
    this.runs = true;
    for (let one = this.next(); one !== undefined && !this.ended; one = this.next()) await this.get(one);
    this.runs = false;
  }

  private next(): Wanted<L> | undefined {
    return this.wanted.find(({ place, key }) => this.settled.get(place) !== key);
  }

  private async get({ place, key, look }: Wanted<L>): Promise<void> {
    const abort = new AbortController();
    this.current = { key, sinceMs: performance.now(), abort };
    this.needs.busy(true);
    try {
      const picture = await this.needs.ask(look, abort.signal);
      this.settled.set(place, key);
      if (!this.ended) this.needs.show(place, picture, look);
    } catch (thrown) {
      if (abort.signal.aborted) return;
      this.settled.set(place, key);
      this.needs.fail(place, thrown, look);
    } finally {
      clearTimeout(this.impatience);
      this.current = undefined;
      if (!this.ended) this.needs.busy(false);
    }
  }
}
