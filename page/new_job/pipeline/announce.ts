/** What is said to those who hear the page when something moved that they cannot see move. */
import { signal } from "@preact/signals";

export const announcement = signal("");

export function announce(text: string): void {
  // The same words twice would be heard once.
  announcement.value = announcement.value === text ? `${text}\u00a0` : text;
}
