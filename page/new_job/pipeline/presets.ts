/** Pipelines that somebody keeps in this browser. */
import { signal } from "@preact/signals";
import type { Preset } from "./built_in_presets.ts";

const KEPT_AS = "tessera.presets";
const KEPT_MAX = 100;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // somebody else wrote there
  }
}

function isPreset(value: unknown): value is Preset {
  if (typeof value !== "object" || value === null) return false;
  const { name, text } = value as Record<string, unknown>;
  return typeof name === "string" && typeof text === "string";
}

function read(): readonly Preset[] {
  const list = parsed(localStorage.getItem(KEPT_AS) ?? "[]");
  return Array.isArray(list) ? list.filter(isPreset).slice(0, KEPT_MAX) : [];
}

export const ownPresets = signal<readonly Preset[]>(read());

function keep(presets: readonly Preset[]): void {
  ownPresets.value = presets.slice(-KEPT_MAX);
  localStorage.setItem(KEPT_AS, JSON.stringify(ownPresets.value));
}

/** One of the same name is replaced; of too many the oldest goes. */
export const keepPreset = (preset: Preset): void =>
  keep([...ownPresets.value.filter(({ name }) => name !== preset.name), preset]);

export const forgetPreset = (name: string): void =>
  keep(ownPresets.value.filter((preset) => preset.name !== name));
