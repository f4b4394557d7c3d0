import { useComputed } from "@preact/signals";
import { now } from "./clock.ts";
import { ago, when } from "./format.ts";

/** How long ago a time was, as long as it is shown; the time itself on hover. */
export function Ago({ time }: { readonly time: string }) {
  const text = useComputed(() => ago(time, now.value));
  return (
    <time dateTime={time} title={when(time)}>
      {text}
    </time>
  );
}
