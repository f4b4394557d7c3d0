import { asTesseraError, type ErrorCode, type TesseraError } from "../../errors.ts";

const AGAIN_AFTER_MS = 1000;
/** What comes right by itself, or by somebody who is about to do it. The rest is a matter of the configuration. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  "bus_unreachable",
  "bus_topic_missing",
  "bus_token_unavailable",
]);

/**
 * Tries until Kafka is there and has the topics: whoever starts everything at once starts some too early.
 *
 * @param onWait told why, before each wait
 * @throws bus_login_refused, bus_certificate_untrusted, bus_not_allowed and what else waiting does not mend
 */
export async function whenKafkaIsReady<T>(
  attempt: () => Promise<T>,
  onWait: (fault: TesseraError) => void,
): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (thrown) {
      const fault = asTesseraError(thrown);
      if (!PASSING.has(fault.code)) throw fault;
      onWait(fault);
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
  }
}
