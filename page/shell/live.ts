/** What the server tells live, to whichever view wants to know. */
import { effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Live, LiveState, Told, Topic } from "../../client/client.ts";
import { api } from "./api.ts";
import { attempt } from "./notices.tsx";
import { begin, hasLapsed, may, session } from "./session.ts";

let feed: Live | undefined;

/** Whether what is shown is as it is now. */
export const connection = signal<LiveState>("connecting");

/** Not before somebody wants to know and may: a stranger is not answered. */
function connected(): Live {
  if (feed !== undefined) return feed;
  const made = api.live();
  feed = made;
  connection.value = made.state;
  made.onState((state) => {
    connection.value = state;
    // Whoever has signed in anew since it was opened is known all the same.
    if (state === "lost" && made.fault?.code === "unauthorized") void attempt(begin);
  });
  effect(() => {
    if (session.value && !hasLapsed.value) made.retry();
  });
  return made;
}

/** Does not wait for the next try. */
export const retryConnection = (): void => feed?.retry();

/** Tells whoever may read of a topic, for as long as the component is shown: the whole first, then what has changed. */
export function useTopic<T extends Topic>(topic: T, listener: (message: Told<T>) => void): void {
  const latest = useRef(listener);
  latest.current = listener;
  const isTold = may("read");
  useEffect(
    () => (isTold ? connected().subscribe(topic, (message) => latest.current(message)) : undefined),
    [topic, isTold],
  );
}
