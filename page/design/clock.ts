import { type ReadonlySignal, signal } from "@preact/signals";

const EVERY_MS = 1000;

let timer: ReturnType<typeof setInterval> | undefined;

const current = signal(Date.now(), {
  watched() {
    current.value = Date.now();
    timer = setInterval(() => {
      current.value = Date.now();
    }, EVERY_MS);
  },
  unwatched: () => clearInterval(timer),
});

/** This machine's time in milliseconds since 1970, to the second; it goes on only while something shows it. */
export const now: ReadonlySignal<number> = current;
