import type { LogEntry, RequestEvent } from "kafkajs";
import { TesseraError } from "../../errors.ts";

/** A connection that breaks off and is there again this soon is not worth a word. */
const LOST_AFTER_MS = 1000;
/** Whoever follows a topic has an answer several times a second. */
const SILENT_AFTER_MS = 10_000;

interface Lost {
  readonly sinceMs: number;
  told: boolean;
}

/**
 * Knows which brokers do not answer. kafkajs tries again for a minute before it throws, but writes each attempt that
 * fails into its log, which is therefore listened to.
 */
export class Reach {
  /** By host:port. */
  private readonly lost = new Map<string, Lost>();
  private answeredMs: number;

  constructor(
    private readonly onLost: (fault: TesseraError) => void,
    /** Told once, when none of those that were lost is so any more. */
    private readonly onBack: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.answeredMs = now();
  }

  /** For each entry of kafkajs' log. */
  readonly logged = ({ namespace, log: { message, broker } }: LogEntry): void => {
    // Brokers' refusals are logged here too, by "Response …"; those come as errors.
    if (namespace === "Connection" && message.startsWith("Connection ")) this.failed(String(broker), message);
  };

  /** For each answer to a request. */
  readonly answered = ({ payload: { broker } }: RequestEvent): void => {
    this.answeredMs = this.now();
    const lost = this.lost.get(broker);
    if (lost === undefined) return;
    this.lost.delete(broker);
    if (lost.told && ![...this.lost.values()].some(({ told }) => told)) this.onBack();
  };

  /** Whether no broker at all has answered for a while. */
  isSilent(): boolean {
    return this.now() - this.answeredMs > SILENT_AFTER_MS;
  }

  private failed(broker: string, message: string): void {
    const now = this.now();
    const lost = this.lost.get(broker);
    if (lost === undefined) this.lost.set(broker, { sinceMs: now, told: false });
    else if (!lost.told && now - lost.sinceMs > LOST_AFTER_MS) {
      lost.told = true;
      this.onLost(new TesseraError("bus_unreachable", `${broker}: ${message}.`));
    }
  }
}
