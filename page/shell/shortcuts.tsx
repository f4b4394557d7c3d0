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

/** Of each part of the view that has some. */
const ofParts = signal<readonly (readonly Shortcut[])[]>([]);
const ofView = computed(() => ofParts.value.flat());
const all = computed(() => [...ofView.value, ...EVERYWHERE]);

/** Keys of a part of the view; they end with it. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const own = latest.current.map((one, i) => ({ ...one, act: () => latest.current[i]?.act() }));
    ofParts.value = [...ofParts.value, own];
    return () => {
      ofParts.value = ofParts.value.filter((other) => other !== own);
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
      <div class="shortcuts">
        {ofView.value.length > 0 && <Group title="In this view" shortcuts={ofView.value} />}
        <Group title="Everywhere" shortcuts={EVERYWHERE} />
      </div>
    </Dialog>
  );
}

function Group({ title, shortcuts }: { readonly title: string; readonly shortcuts: readonly Shortcut[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {shortcuts.map(({ keys, does }) => (
          <div key={keys}>
            <dt>{does}</dt>
            <dd>
              {keysOf(keys).map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** As they stand on the keyboard. */
const keysOf = (keys: string): string[] =>
  keys.split(" ").flatMap((key) => (/^[A-Z]$/.test(key) ? ["Shift", key.toLowerCase()] : [key]));
