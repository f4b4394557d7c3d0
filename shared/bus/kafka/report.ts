import type { TesseraError } from "../../errors.ts";
import { log } from "../../log.ts";
import type { Topic } from "../port.ts";
import type { KafkaBusOptions } from "./driver.ts";
import type { Refusal } from "./wire.ts";

/** The same thing is said again only after so long. */
const SAY_AGAIN_MS = 60_000;
const DIFFERENT_MAX = 100;

/** Says in the log what goes wrong on the bus; not a line a message, however many there are. */
export class BusReport
  implements Pick<KafkaBusOptions, "onTrouble" | "onBack" | "onRefused" | "onAbandoned">
{
  private readonly saidMs = new Map<string, number>();
  private refused = 0;
  private abandoned = 0;

  constructor(private readonly write: (line: string) => void = (line) => log.warn(line)) {}

  readonly onTrouble = ({ code, message }: TesseraError): void => {
    // While no broker answers nothing can be done, and each thing that cannot need not be told.
    const what = code === "bus_unreachable" ? code : message;
    this.say(`trouble ${what}`, `${message} (${code}) It is tried again.`);
  };

  /** What was wrong is no more: if it comes again, that is news. */
  readonly onBack = (): void => {
    for (const what of this.saidMs.keys()) if (what.startsWith("trouble ")) this.saidMs.delete(what);
    this.write("Kafka answers again.");
  };

  readonly onRefused = (topic: Topic, refusal: Refusal): void => {
    this.refused++;
    const why = `${topic}: a message was damaged or not ours (${refusal}) and is dropped`;
    this.say(`refused ${topic} ${refusal}`, `${why}; ${this.refused} so far.`);
  };

  readonly onAbandoned = (topic: Topic): void => {
    this.abandoned++;
    this.say(
      `abandoned ${topic}`,
      `${topic}: a message failed each time and is dropped; ${this.abandoned} so far.`,
    );
  };

  private say(what: string, line: string): void {
    const now = Date.now();
    if (now - (this.saidMs.get(what) ?? Number.NEGATIVE_INFINITY) < SAY_AGAIN_MS) return;
    if (this.saidMs.size >= DIFFERENT_MAX) this.saidMs.clear();
    this.saidMs.set(what, now);
    this.write(line);
  }
}
