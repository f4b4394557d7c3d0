import { TesseraError } from "../../shared/errors.ts";
import { Rate, type Taken } from "./rate.ts";

/** What one may have; 0 is as much as one likes. */
export interface LimiterSettings {
  /** Of an owner, whichever keys it comes with. */
  readonly requestsPerMinute: number;
  readonly pixelsPerMinute: number;
  readonly uploadsAtOnce: number;
  readonly queuedJobs: number;
  readonly storedBytes: number;
  /** Of an address, whoever it is. */
  readonly addressRequestsPerMinute: number;
  readonly addressUploadsAtOnce: number;
  readonly signInFailuresPerMinute: number;
}

/** Knows what an owner has. */
interface Held {
  activeOf(owner: string): number;
  bytesOf(owner: string): number;
}

/** How the rates stand after a request, for whoever sent it. */
export type Standings = Map<
  string,
  { readonly perMinute: number; readonly left: number; readonly wholeInMs: number }
>;

/** Owners and addresses with uploads under way; who has none is not remembered. */
class AtOnce {
  private readonly counts = new Map<string, number>();

  constructor(private readonly max: number) {}

  /** Undefined if there are as many as may be. */
  enter(name: string): (() => void) | undefined {
    const count = this.counts.get(name) ?? 0;
    if (this.max > 0 && count >= this.max) return undefined;
    this.counts.set(name, count + 1);
    return () => {
      const left = this.counts.get(name)! - 1;
      if (left > 0) this.counts.set(name, left);
      else this.counts.delete(name);
    };
  }
}

/** Who has uploads under way is told to come again after so long. */
const UPLOADS_AGAIN_S = 2;
/** Who has as much as may be kept. */
const HELD_AGAIN_S = 30;

/**
 * Refuses what is too much: of an address before anything is known of it, of an owner as soon as it is known. What it
 * throws says when to come again.
 */
export class Limiter {
  private readonly addressRequests: Rate;
  private readonly ownerRequests: Rate;
  private readonly ownerPixels: Rate;
  private readonly failures: Rate;
  private readonly ownerUploads: AtOnce;
  private readonly addressUploads: AtOnce;

  constructor(
    private readonly settings: LimiterSettings,
    now: () => number = Date.now,
  ) {
    this.addressRequests = new Rate(settings.addressRequestsPerMinute, now);
    this.ownerRequests = new Rate(settings.requestsPerMinute, now);
    this.ownerPixels = new Rate(settings.pixelsPerMinute, now);
    this.failures = new Rate(settings.signInFailuresPerMinute, now);
    this.ownerUploads = new AtOnce(settings.uploadsAtOnce);
    this.addressUploads = new AtOnce(settings.addressUploadsAtOnce);
  }

  /** Any request, before anything else is done for it. @throws rate_limited */
  requestFrom(address: string, standings: Standings): void {
    this.take(this.addressRequests, address, "address", standings, "This address sends too many requests.");
  }

  /** A request whose sender is known. @throws rate_limited */
  requestOf(owner: string, standings: Standings): void {
    this.take(this.ownerRequests, owner, "requests", standings, "You send too many requests.");
  }

  /** Before credentials are looked at. @throws rate_limited for an address that has shown too many wrong ones */
  beforeSignIn(address: string): void {
    if (this.failures.perMinute === 0) return;
    refuseUnless(this.failures.look(address), "Too many sign-ins from this address have failed.");
  }

  signInFailed(address: string): void {
    if (this.failures.perMinute > 0) this.failures.take(address);
  }

  /** @returns to be called when the upload has ended, however it did. @throws rate_limited */
  upload(owner: string, address: string): () => void {
    const leaveOwner = this.ownerUploads.enter(owner);
    const leaveAddress = leaveOwner && this.addressUploads.enter(address);
    if (leaveAddress === undefined) {
      leaveOwner?.();
      throw new TesseraError("rate_limited", "Too many uploads are under way.", {
        retryAfterS: UPLOADS_AGAIN_S,
      });
    }
    return () => {
      leaveOwner!();
      leaveAddress();
    };
  }

  /** What a job would take of its owner's minute. @throws rate_limited */
  pixels(owner: string, count: number): void {
    if (this.ownerPixels.perMinute > 0)
      refuseUnless(this.ownerPixels.take(owner, count), "You send too many pixels.");
  }

  /** Whether an owner who has this much may have another job. @throws quota_reached */
  another(owner: string, held: Held): void {
    const { queuedJobs, storedBytes } = this.settings;
    if (queuedJobs > 0 && held.activeOf(owner) >= queuedJobs)
      throw quotaReached(`Of jobs that have not ended ${queuedJobs} are allowed.`);
    if (storedBytes > 0 && held.bytesOf(owner) >= storedBytes)
      throw quotaReached(`Files of ${storedBytes} bytes are allowed.`);
  }

  private take(rate: Rate, name: string, policy: string, standings: Standings, sentence: string): void {
    if (rate.perMinute === 0) return;
    const taken = rate.take(name);
    const { perMinute } = rate;
    standings.set(
      policy,
      taken.ok ? { perMinute, ...taken } : { perMinute, left: 0, wholeInMs: taken.againInMs },
    );
    refuseUnless(taken, sentence);
  }
}

const quotaReached = (detail: string): TesseraError =>
  new TesseraError("quota_reached", detail, { retryAfterS: HELD_AGAIN_S });

function refuseUnless(taken: Taken, sentence: string): void {
  if (!taken.ok)
    throw new TesseraError("rate_limited", sentence, { retryAfterS: Math.ceil(taken.againInMs / 1000) });
}
