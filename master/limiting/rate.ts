/** How an allowance stands. */
export interface Standing {
  /** What is left of it. */
  readonly left: number;
  /** Until it is whole again. */
  readonly wholeInMs: number;
}

export type Taken = ({ readonly ok: true } & Standing) | { readonly ok: false; readonly againInMs: number };

/** Names whose standing is kept, the latest ones: whoever comes under many names fills no memory. */
const NAMES_MAX = 10_000;
const MINUTE_MS = 60_000;
/** The sum of many fractions is a little off. */
const ROUNDING = 1e-6;

/**
 * So much a minute for each name, all of it at once if need be. By the generic cell rate algorithm, which keeps one
 * number a name: when its allowance will be whole. Source: ITU-T I.371, annex A.
 */
export class Rate {
  private readonly wholeAt = new Map<string, number>();

  constructor(
    readonly perMinute: number,
    private readonly now: () => number,
    private readonly namesMax = NAMES_MAX,
  ) {}

  /** Takes `cost` of a name's allowance, if there is any left; what is dearer than a whole one waits for a whole one. */
  take(name: string, cost = 1): Taken {
    const { perMinute } = this;
    const now = this.now();
    const whole = this.wholeOf(name, now);
    const oneMs = MINUTE_MS / perMinute;
    const then = whole + cost * oneMs;
    const againInMs = whole - now + Math.min(cost * oneMs, MINUTE_MS) - MINUTE_MS;
    if (againInMs > oneMs * ROUNDING) return { ok: false, againInMs };
    this.wholeAt.delete(name);
    this.wholeAt.set(name, then);
    if (this.wholeAt.size > this.namesMax) this.wholeAt.delete(this.wholeAt.keys().next().value!);
    return { ok: true, left: leftOf(then - now, oneMs), wholeInMs: then - now };
  }

  /** What `take` would say, and nothing is taken. */
  look(name: string): Taken {
    const owedMs = this.wholeOf(name, this.now()) - this.now();
    const oneMs = MINUTE_MS / this.perMinute;
    const againInMs = owedMs + oneMs - MINUTE_MS;
    if (againInMs > oneMs * ROUNDING) return { ok: false, againInMs };
    return { ok: true, left: leftOf(owedMs, oneMs), wholeInMs: owedMs };
  }

  /** How many names it remembers. */
  get size(): number {
    return this.wholeAt.size;
  }

  private wholeOf(name: string, now: number): number {
    return Math.max(now, this.wholeAt.get(name) ?? now);
  }
}

const leftOf = (owedMs: number, oneMs: number): number =>
  Math.max(0, Math.floor((MINUTE_MS - owedMs) / oneMs + ROUNDING));
