import { TesseraError } from "../../shared/errors.ts";

/** How long things may take, in milliseconds. */
export interface OutboundTimes {
  /** Until the name is resolved and the connection stands, certificate and all. */
  readonly connectMs: number;
  /** Between two pieces of an answer. */
  readonly idleMs: number;
  /** All of it, with every redirect. */
  readonly totalMs: number;
}

/** Ends one exchange that takes too long, or that nobody waits for any more. */
export class Patience {
  private readonly controller = new AbortController();
  private readonly total: NodeJS.Timeout;
  private step: NodeJS.Timeout | undefined;
  private readonly leave = (): void => this.give("upload_interrupted", "");

  constructor(
    private readonly times: OutboundTimes,
    private readonly caller: AbortSignal | undefined,
  ) {
    const late = () => this.give("source_unreachable", `It took longer than ${times.totalMs / 1000} s.`);
    this.total = setTimeout(late, times.totalMs);
    if (caller?.aborted === true) this.leave();
    caller?.addEventListener("abort", this.leave, { once: true });
  }

  /** Aborted with the `TesseraError` that says why. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  connecting(): void {
    this.wait(this.times.connectMs, "It could not be connected to in time.");
  }

  /** Something has come; the next may take as long again. */
  reading(): void {
    this.wait(this.times.idleMs, "It stopped sending.");
  }

  end(): void {
    clearTimeout(this.total);
    clearTimeout(this.step);
    this.caller?.removeEventListener("abort", this.leave);
  }

  private wait(ms: number, otherwise: string): void {
    clearTimeout(this.step);
    this.step = setTimeout(() => this.give("source_unreachable", otherwise), ms);
  }

  private give(code: "source_unreachable" | "upload_interrupted", detail: string): void {
    this.end();
    this.controller.abort(new TesseraError(code, detail));
  }
}
