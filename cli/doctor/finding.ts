/** `wrong` keeps Tessera, or a command, from working; a `warning` may do so one day. */
type State = "ok" | "warning" | "wrong" | "skipped";

/** What one check has found. */
export interface Finding {
  /** What was looked at: `kafka.topics`. */
  readonly check: string;
  readonly state: State;
  readonly found: string;
  /** What to do; there is one for whatever is not well. */
  readonly advice?: string;
}

export const ok = (check: string, found: string): Finding => ({ check, state: "ok", found });
export const skipped = (check: string, found: string): Finding => ({ check, state: "skipped", found });
export const warning = (check: string, found: string, advice: string): Finding => ({
  check,
  state: "warning",
  found,
  advice,
});
export const wrong = (check: string, found: string, advice: string): Finding => ({
  check,
  state: "wrong",
  found,
  advice,
});
