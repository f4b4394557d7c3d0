/** Keys that do something wherever one is on the page, and the sheet that tells of them. */
import { computed, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Dialog } from "../design/dialog.tsx";
import { go, hrefOf } from "./router.ts";
import { toggleTheme } from "./theme.ts";

export interface Shortcut {
  /** As `KeyboardEvent.key` names it; two of them with a space between are pressed one after the other. */
  readonly keys: string;
  readonly does: string;
  readonly act: () => void;
}

const isSheetOpen = signal(false);
export const showShortcuts = (): void => {
  isSheetOpen.value = true;
};

const EVERYWHERE: readonly Shortcut[] = [
  { keys: "g n", does: "New job", act: () => go(hrefOf("newJob")) },
  { keys: "g j", does: "Jobs", act: () => go(hrefOf("jobs")) },
  { keys: "g w", does: "Workers", act: () => go(hrefOf("workers")) },
  { keys: "g o", does: "Overview", act: () => go(hrefOf("overview")) },
  { keys: "t", does: "Light or dark", act: toggleTheme },
  { keys: "?", does: "This help", act: showShortcuts },
];

const ofView = signal<readonly Shortcut[]>([]);
const all = computed(() => [...ofView.value, ...EVERYWHERE]);

/** Keys of the view that is shown; they end with it. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    ofView.value = latest.current.map((one, i) => ({ ...one, act: () => latest.current[i]?.act() }));
    return () => {
      ofView.value = [];
    };
  }, []);
}

/** Between the first key of two and the second. */
const PAUSE_MS = 1000;

export function startShortcuts(): void {
  let before = "";
  let beforeAt = 0;
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event)) return;
    if (document.querySelector("dialog[open]") !== null) return;
    const both = event.timeStamp - beforeAt < PAUSE_MS ? `${before} ${event.key}` : event.key;
    const found =
      all.value.find(({ keys }) => keys === both) ?? all.value.find(({ keys }) => keys === event.key);
    before = event.key;
    beforeAt = event.timeStamp;
    if (found === undefined) return;
    event.preventDefault();
    found.act();
  });
}

function isTyping({ target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const takesNoText =
    target instanceof HTMLInputElement && /^(checkbox|radio|range|button)$/.test(target.type);
  return target.isContentEditable || (target.matches("input, textarea, select") && !takesNoText);
}

export function ShortcutSheet() {
  return (
    <Dialog open={isSheetOpen} title="Keyboard shortcuts">
      <dl class="shortcuts">
        {all.value.map(({ keys, does }) => (
          <div key={keys}>
            <dt>{does}</dt>
            <dd>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
