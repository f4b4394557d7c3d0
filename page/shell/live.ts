import { signal } from "@preact/signals";

export const live = { state: signal<"connecting" | "open" | "lost">("open") };
