import { asTesseraError, type ErrorCode, type TesseraError } from "../../errors.ts";

const AGAIN_AFTER_MS = 1000;
/** What comes right by itself, or by somebody who is about to do it. The rest is a matter of the configuration. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  "bus_unreachable",
  "bus_topic_missing",
  "bus_token_unavailable",
]);

/**
 * Tries until Kafka is there and has the topics: whoever starts everything at once starts some too early. `onTrouble` is
 * told why, before each wait, and `onBack` when the waiting is over.
 *
 * @throws bus_login_refused, bus_certificate_untrusted, bus_not_allowed and what else waiting does not mend
 */
export async function whenKafkaIsReady<T>(
  attempt: () => Promise<T>,
  { onTrouble, onBack }: { onTrouble(fault: TesseraError): void; onBack(): void },
): Promise<T> {
  for (let waited = false; ; waited = true) {
    try {
      const made = await attempt();
      if (waited) onBack();
      return made;
    } catch (thrown) {
      const fault = asTesseraError(thrown);
      if (!PASSING.has(fault.code)) throw fault;
      onTrouble(fault);
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
  }
}
