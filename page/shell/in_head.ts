/** What goes on by itself whatever view is shown, told in the page's head. */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

export const inHead = signal<ComponentType | undefined>(undefined);
