import type { RefObject } from "preact";
import type { Shortcut } from "../shell/shortcuts.tsx";

/** Moving through the rows of a table and choosing some, by keys. Where one is, is where the focus is. */
export function rowKeys(
  table: RefObject<HTMLTableElement | null>,
  choose: (id: string, isRange: boolean) => void,
): readonly Shortcut[] {
  const rows = () => [...(table.current?.querySelectorAll<HTMLElement>("tbody tr") ?? [])];
  const current = () => document.activeElement?.closest<HTMLElement>("tbody tr") ?? undefined;
  const step = (by: 1 | -1) => {
    const all = rows();
    const at = all.indexOf(current()!);
    const to = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
    const link = all[to]?.querySelector<HTMLElement>(".name a");
    link?.focus();
    link?.scrollIntoView({ block: "nearest" });
  };
  const pick = (isRange: boolean) => {
    const id = current()?.dataset.id;
    if (id !== undefined && table.current?.contains(document.activeElement)) choose(id, isRange);
  };
  return [
    { keys: "j", does: "Next job", act: () => step(1) },
    { keys: "k", does: "Job before", act: () => step(-1) },
    { keys: "x", does: "Select the job", act: () => pick(false) },
    { keys: "X", does: "Select up to the job", act: () => pick(true) },
  ];
}
