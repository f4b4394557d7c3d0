import { effect, signal } from "@preact/signals";

type Theme = "system" | "light" | "dark";

const KEPT_AS = "tessera.theme";
const kept = localStorage.getItem(KEPT_AS);

/** As this browser's user likes it; the system's own way until they say. */
const theme = signal<Theme>(kept === "light" || kept === "dark" ? kept : "system");

export function startTheme(): void {
  effect(() => {
    const root = document.documentElement;
    if (theme.value === "system") {
      delete root.dataset.theme;
      localStorage.removeItem(KEPT_AS);
    } else {
      root.dataset.theme = theme.value;
      localStorage.setItem(KEPT_AS, theme.value);
    }
  });
}

/** To what is not seen now. */
export function toggleTheme(): void {
  const isDark =
    theme.value === "dark" ||
    (theme.value === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  theme.value = isDark ? "light" : "dark";
}
