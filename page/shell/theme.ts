import { effect, type ReadonlySignal, signal } from "@preact/signals";

type Theme = "system" | "light" | "dark";

export const THEMES = [
  { theme: "system", name: "As the system", icon: "screen" },
  { theme: "light", name: "Light", icon: "sun" },
  { theme: "dark", name: "Dark", icon: "moon" },
] as const satisfies readonly { readonly theme: Theme; readonly name: string; readonly icon: string }[];

const KEPT_AS = "tessera.theme";
const kept = localStorage.getItem(KEPT_AS);

const chosen = signal<Theme>(kept === "light" || kept === "dark" ? kept : "system");

/** As this browser's user likes it; the system's own way until they say. */
export const theme: ReadonlySignal<Theme> = chosen;

export function setTheme(to: Theme): void {
  chosen.value = to;
}

export function startTheme(): void {
  effect(() => {
    const root = document.documentElement;
    if (chosen.value === "system") {
      delete root.dataset.theme;
      localStorage.removeItem(KEPT_AS);
    } else {
      root.dataset.theme = chosen.value;
      localStorage.setItem(KEPT_AS, chosen.value);
    }
  });
}

/** To what is not seen now. */
export function toggleTheme(): void {
  const isDark =
    chosen.value === "dark" ||
    (chosen.value === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  chosen.value = isDark ? "light" : "dark";
}
