const POLL_MS = 100;
const LIMIT_MS = 10_000;

/** What a broker says that has heard only half of it. */
const NOT_YET = [
  "UNKNOWN_TOPIC_OR_PARTITION",
  "LEADER_NOT_AVAILABLE",
  "NOT_LEADER_FOR_PARTITION",
  "GROUP_COORDINATOR_NOT_AVAILABLE",
  "NOT_COORDINATOR_FOR_GROUP",
  "GROUP_LOAD_IN_PROGRESS",
];

/**
 * Each broker learns of a new topic, of a change, or of the groups that it coordinates in its own time, and one that is
 * asked too early errs. Asks until there is an answer that will do, or `limitMs` are over; then the answer is what it is.
 */
export async function untilKnown<R>(
  ask: () => Promise<R>,
  willDo: (answer: R) => boolean = () => true,
  limitMs = LIMIT_MS,
): Promise<R> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const isLast = performance.now() > endMs;
    try {
      const answer = await ask();
      if (isLast || willDo(answer)) return answer;
    } catch (thrown) {
      if (isLast || !isTooEarly(thrown)) throw thrown;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Whether a broker says this that will know better in a moment. */
export const isTooEarly = (thrown: unknown): boolean => isOfType(thrown, NOT_YET);

/** Whether Kafka's own name of an error, which kafkajs may have wrapped, is one of these. */
export function isOfType(thrown: unknown, types: readonly string[]): boolean {
  const { type, cause } = thrown as { type?: unknown; cause?: unknown };
  return types.includes(String(type)) || (cause instanceof Error && isOfType(cause, types));
}
