/** What the server tells live, to whichever view wants to know. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Told, Topic } from "../../client/live.ts";
import { api } from "./api.ts";
import { session, toSignIn } from "./session.ts";

const feed = api.live();

/** Whether what is shown is as it is now. */
export const connection = signal(feed.state);

feed.onState((state) => {
  connection.value = state;
  if (state === "lost" && feed.fault?.code === "unauthorized") toSignIn();
});

/** Does not wait for the next try. */
export const retryConnection = (): void => feed.retry();

/** Tells of a topic for as long as the component is shown: the whole first, then what has changed. */
export function useTopic<T extends Topic>(topic: T, listener: (message: Told<T>) => void): void {
  const latest = useRef(listener);
  latest.current = listener;
  const known = session.value !== null;
  useEffect(
    () => (known ? feed.subscribe(topic, (message) => latest.current(message)) : undefined),
    [topic, known],
  );
}
