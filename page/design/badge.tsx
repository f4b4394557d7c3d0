import type { ComponentChildren } from "preact";

export type Tone = "idle" | "busy" | "good" | "warn" | "bad";

/** A state in a word; the colour only repeats it. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return (
    <span class="badge" data-tone={tone}>
      {children}
    </span>
  );
}
