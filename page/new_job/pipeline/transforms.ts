/** The ops that the server has. */
import { computed, signal } from "@preact/signals";
import { api } from "../../shell/api.ts";
import type { Params } from "../recipe.ts";
import type { Transform } from "./parameters.ts";

/** Nothing until the server has told. */
export const transforms = signal<readonly Transform[]>([]);

const byName = computed(() => new Map(transforms.value.map((transform) => [transform.name, transform])));

export const transformNamed = (name: string): Transform | undefined => byName.value.get(name);

/** Whether an op can change where things lie in the picture, or its size. */
export const movesPixels = (name: string): boolean =>
  (transformNamed(name)?.geometry ?? "in_place") !== "in_place";

/** @throws TesseraError */
export async function loadTransforms(): Promise<void> {
  if (transforms.value.length === 0) transforms.value = (await api.listTransforms()) as Transform[];
}

/** What a step begins with, where its defaults alone would do nothing sensible. */
export function firstParams(name: string, picture: { width: number; height: number } | undefined): Params {
  if (name === "resize") return { scale: 0.5 };
  if (name !== "crop") return {};
  if (picture === undefined) return { width: 1000, height: 1000 };
  const { width, height } = picture;
  const [left, top] = [Math.round(width / 8), Math.round(height / 8)];
  return { x: left, y: top, width: Math.max(1, width - 2 * left), height: Math.max(1, height - 2 * top) };
}
