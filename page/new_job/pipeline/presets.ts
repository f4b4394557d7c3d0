/** Pipelines that somebody keeps in this browser. */
import { signal } from "@preact/signals";
import type { Preset } from "./built_in_presets.ts";

const KEPT_AS = "tessera.presets";
const KEPT_MAX = 100;

/** Somebody's own, as this browser keeps them. */
export const ownPresets = signal<readonly Preset[]>(read());

function read(): readonly Preset[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(KEPT_AS) ?? "[]");
    return Array.isArray(list) ? list.filter(isPreset).slice(0, KEPT_MAX) : [];
  } catch {
    return []; // somebody else wrote there
  }
}

const isPreset = (value: unknown): value is Preset =>
  typeof value === "object" &&
  value !== null &&
  ["name", "text"].every((name) => typeof (value as Record<string, unknown>)[name] === "string");

function keep(presets: readonly Preset[]): void {
  ownPresets.value = presets.slice(0, KEPT_MAX);
  localStorage.setItem(KEPT_AS, JSON.stringify(ownPresets.value));
}

/** One of the same name is replaced. */
export const keepPreset = (preset: Preset): void =>
  keep([...ownPresets.value.filter(({ name }) => name !== preset.name), preset]);

export const forgetPreset = (name: string): void =>
  keep(ownPresets.value.filter((preset) => preset.name !== name));
