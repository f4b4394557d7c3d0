/** A page of batches, and what is told of them after it was asked for. */
import type { Client, Told } from "../../client/client.ts";

export type BatchPage = Awaited<ReturnType<Client["listBatches"]>>;
type Batch = BatchPage["batches"][number];
type TellsBatches = Extract<Told<"batches">, { readonly type: "batches" }>;

/** More than stand on a page; those that were told of longest ago are left out first. */
const KNOWN_MAX = 200;

/** How batches were when they were told of last. */
export function withTold(known: ReadonlyMap<string, Batch>, told: TellsBatches): ReadonlyMap<string, Batch> {
  const now = new Map(told.snapshot ? [] : known);
  for (const batch of told.batches) {
    now.delete(batch.id);
    now.set(batch.id, batch);
  }
  for (const id of told.gone) now.delete(id);
  for (const id of [...now.keys()].slice(0, Math.max(0, now.size - KNOWN_MAX))) now.delete(id);
  return now;
}

/** The page as it is by now: what was told is never older than what was asked for. */
export const withNews = (page: BatchPage, told: ReadonlyMap<string, Batch>): BatchPage => ({
  ...page,
  batches: page.batches.map((batch) => told.get(batch.id) ?? batch),
});

/**
 * Whether another batch may stand on the page now, or one no longer; what changes in a row does not change that.
 *
 * @param isFirst on no other page something new appears
 */
export function changesRows(
  page: BatchPage | undefined,
  isFirst: boolean,
  { snapshot, batches, gone }: TellsBatches,
): boolean {
  if (snapshot || page === undefined) return true;
  const ids = new Set(page.batches.map(({ id }) => id));
  const latest = page.batches[0]?.created_at ?? "";
  const isNew = ({ id, created_at }: Batch) => isFirst && !ids.has(id) && created_at >= latest;
  return gone.some((id) => ids.has(id)) || batches.some(isNew);
}
