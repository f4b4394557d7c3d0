/** What can be undone and redone: whole states, oldest first. */
export interface History<T> {
  readonly past: readonly T[];
  readonly now: T;
  readonly future: readonly T[];
  /** What the last change was a part of, while more parts may come. */
  readonly gesture: string | undefined;
}

/** More would be undone by nobody. */
const PAST_MAX = 200;

export const begun = <T>(now: T): History<T> => ({ past: [], now, future: [], gesture: undefined });

/**
 * A change. Changes of one gesture, such as the drag of a slider, are undone together: they name it alike until
 * `settled`.
 */
export function changed<T>(history: History<T>, next: T, gesture?: string): History<T> {
  const { past, now } = history;
  if (next === now) return history;
  const goesOn = gesture !== undefined && gesture === history.gesture;
  return { past: goesOn ? past : [...past, now].slice(-PAST_MAX), now: next, future: [], gesture };
}

/** The gesture has ended: what comes next is undone by itself. */
export const settled = <T>(history: History<T>): History<T> =>
  history.gesture === undefined ? history : { ...history, gesture: undefined };

export function undone<T>({ past, now, future }: History<T>): History<T> {
  const before = past.at(-1);
  if (before === undefined) return { past, now, future, gesture: undefined };
  return { past: past.slice(0, -1), now: before, future: [now, ...future], gesture: undefined };
}

export function redone<T>({ past, now, future }: History<T>): History<T> {
  const [after, ...later] = future;
  if (after === undefined) return { past, now, future, gesture: undefined };
  return { past: [...past, now], now: after, future: later, gesture: undefined };
}
