import type { DeliveryView, WebhookBody } from "../../shared/api/webhook.ts";
import { type Settings, withDefaults } from "../../shared/config/table.ts";
import { asTesseraError, TesseraError } from "../../shared/errors.ts";
import { log } from "../../shared/log.ts";
import type { Every } from "../clock.ts";
import type { JobView } from "../jobs/job.ts";
import type { Outbound } from "../outbound/outbound.ts";
import type { Attempted, DeliveryRecord, DeliveryStore } from "../store/deliveries.ts";
import { secretOf, signature } from "./signature.ts";

const LOOK_EVERY_MS = 1000;
const AT_ONCE_MAX = 16;
/** So that one owner's slow receivers do not hold up everyone's. */
const AT_ONCE_EACH = 4;
/** Between the first attempts; three times as long after each, up to the second. */
const BACKOFF_MS = { first: 10_000, most: 4 * 3_600_000 } as const;
const JITTER = 0.2;
const SHOWN_MAX = 100;
/** Receivers say so that they are never to be called again. */
const GONE = 410;

export interface WebhookOptions {
  /** Of the server: each owner's is made of it. Without it none is sent. */
  readonly secret: string | undefined;
  readonly attempts: number;
}

export const webhooksOf = ({ webhooks }: Settings): WebhookOptions => ({
  secret: webhooks.secret,
  attempts: webhooks.attempts,
});

export const DEFAULT_WEBHOOKS: WebhookOptions = webhooksOf(withDefaults({}));

interface WebhookNeeds extends WebhookOptions {
  readonly store: DeliveryStore;
  readonly outbound: Outbound;
  readonly job: (id: string) => JobView | undefined;
  readonly now: () => number;
  readonly every: Every;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/**
 * Tells receivers of the ends of jobs: signed, each again and again with growing pauses until it is taken or given up
 * on, and at least once whatever crashes in between. A delivery's id and body stay the same, so that a receiver can
 * tell what it has already. Jobs never wait for any of it.
 */
export class Webhooks {
  private readonly calls = new Map<string, { readonly owner: string; readonly ended: Promise<void> }>();
  private readonly leaving = new AbortController();
  private endLooks: (() => void) | undefined;

  constructor(private readonly needs: WebhookNeeds) {}

  start(): void {
    this.endLooks = this.needs.every(LOOK_EVERY_MS, () => this.send());
    this.send();
  }

  /** What is under way is interrupted, and sent at the next start. */
  async stop(): Promise<void> {
    this.endLooks?.();
    this.leaving.abort();
    await Promise.all([...this.calls.values()].map(({ ended }) => ended));
  }

  /** Whether a job may have this one. @throws webhooks_off, outbound_off, url_refused */
  check(url: string): void {
    if (this.needs.secret === undefined) throw new TesseraError("webhooks_off");
    this.needs.outbound.check(url);
  }

  /** By which an owner can tell that a webhook is from here. @throws webhooks_off */
  secretOf(owner: string): string {
    const { secret } = this.needs;
    if (secret === undefined) throw new TesseraError("webhooks_off");
    return secretOf(owner, secret);
  }

  /** Sends what is due, as far as there is room. */
  send(): void {
    const { secret, store } = this.needs;
    if (secret === undefined || this.leaving.signal.aborted) return;
    if (this.calls.size >= AT_ONCE_MAX) return;
    // Twice as many as there can be room for: some may be of owners who have their share under way.
    for (const delivery of store.due(2 * AT_ONCE_MAX, AT_ONCE_EACH)) {
      const { id, owner } = delivery;
      const own = [...this.calls.values()].filter((call) => call.owner === owner).length;
      if (this.calls.has(id) || own >= AT_ONCE_EACH || this.calls.size >= AT_ONCE_MAX) continue;
      this.calls.set(id, { owner, ended: this.call(delivery, secretOf(owner, secret)) });
    }
  }

  /** Of one job, the newest first. */
  of(job: string): DeliveryView[] {
    return this.needs.store.of(job, SHOWN_MAX).map(viewOf);
  }

  /** Sends one at once, and again if need be, as if it were new. @throws delivery_not_found, webhooks_off */
  again(job: string, id: string): DeliveryView {
    if (this.needs.secret === undefined) throw new TesseraError("webhooks_off");
    if (!this.needs.store.again(job, id)) throw new TesseraError("delivery_not_found");
    this.send();
    return viewOf(this.needs.store.get(job, id)!);
  }

  private async call(delivery: DeliveryRecord, secret: string): Promise<void> {
    try {
      await this.attempt(delivery, secret);
    } catch (thrown) {
      // On a full disk, say. It is sent again, but not at once.
      log.error("The delivery of a webhook could not be written down.", { err: thrown });
      return;
    } finally {
      this.calls.delete(delivery.id);
    }
    this.send();
  }

  private async attempt(delivery: DeliveryRecord, secret: string): Promise<void> {
    const { store, now, attempts, random = Math.random } = this.needs;
    const { id } = delivery;
    const body = delivery.body ?? JSON.stringify(this.bodyOf(delivery));
    const backoff = Math.min(BACKOFF_MS.first * 3 ** delivery.attempts, BACKOFF_MS.most);
    store.begin(id, body, Math.round(now() + backoff * (1 + JITTER * (2 * random() - 1))));
    const attempted = await this.post(delivery, secret, body);
    if (this.leaving.signal.aborted && attempted.status === undefined) {
      store.release(id);
      return;
    }
    const { status = 0 } = attempted;
    const taken = status >= 200 && status < 300;
    const last = status === GONE || delivery.attempts + 1 >= attempts;
    store.attempted(delivery, attempted, taken ? "delivered" : last ? "given_up" : "pending");
  }

  /** The answer's body is nobody's business, and not read. */
  private async post({ id, url, event }: DeliveryRecord, secret: string, body: string): Promise<Attempted> {
    const headers = {
      "content-type": "application/json",
      "tessera-event": `job.${event}`,
      "tessera-delivery": id,
      "tessera-signature": signature(secret, this.needs.now(), body),
    };
    try {
      const answer = await this.needs.outbound.post(url, headers, body, this.leaving.signal);
      answer.close();
      return { status: answer.status };
    } catch (thrown) {
      const error = asTesseraError(thrown);
      if (error.code === "internal")
        log.error("A webhook failed by a fault of ours.", { err: error.cause ?? error });
      return { error: error.message };
    }
  }

  private bodyOf({ id, job, event, created_ms }: DeliveryRecord): WebhookBody {
    const created_at = new Date(created_ms).toISOString();
    return { id, event: `job.${event}`, created_at, job: this.needs.job(job)! };
  }
}

function viewOf(record: DeliveryRecord): DeliveryView {
  const { id, event, url, state, attempts, created_ms, due_ms, ended_ms, status, error } = record;
  return {
    ...{ id, event: `job.${event}`, url, state, attempts, created_at: new Date(created_ms).toISOString() },
    ...(due_ms !== null && { next_at: new Date(due_ms).toISOString() }),
    ...(ended_ms !== null && { ended_at: new Date(ended_ms).toISOString() }),
    ...(status !== null && { status }),
    ...(error !== null && { error }),
  };
}
