import { useComputed, useSignal } from "@preact/signals";
import type { RefObject, TargetedKeyboardEvent } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Icon } from "../../design/icon.tsx";
import { change, recipe } from "../draft.ts";
import { looked } from "../images/images.ts";
import { added, stepOf } from "../recipe.ts";
import { announce } from "./announce.ts";
import { findOps } from "./finding_ops.ts";
import type { Transform } from "./parameters.ts";
import { firstParams, transforms } from "./transforms.ts";

/** Finds an op by its name and puts it at the end of the pipeline. */
export function OpPicker({ input }: { readonly input: RefObject<HTMLInputElement | null> }) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const typed = useSignal("");
  const isOpen = useSignal(false);
  const at = useSignal(0);
  const found = useComputed(() => findOps(transforms.value, typed.value));
  useEffect(() => {
    if (isOpen.value) list.current?.showPopover();
    else list.current?.hidePopover();
  }, [isOpen.value]);
  const go = (to: number) => {
    isOpen.value = true;
    at.value = Math.max(0, Math.min(found.value.length - 1, to));
    document.getElementById(`${id}-${at.value}`)?.scrollIntoView({ block: "nearest" });
  };
  const add = (transform: Transform | undefined) => {
    if (transform === undefined) return;
    const step = stepOf({ op: transform.name, ...firstParams(transform.name, looked.value?.size.value) });
    change((before) => added(before, step));
    announce(`${transform.title} is step ${recipe.value.steps.length}.`);
    typed.value = "";
    isOpen.value = false;
    at.value = 0;
  };
  const press = keys({
    ArrowDown: () => go(isOpen.value ? at.value + 1 : at.value),
    ArrowUp: () => go(at.value - 1),
    Enter: () => add(isOpen.value ? found.value[at.value] : undefined),
    Escape: () => {
      isOpen.value = false;
    },
  });
  const anchor = `--${id.replaceAll(/\W/g, "")}`;
  return (
    <div class="add_step" style={{ anchorName: anchor }}>
      <Icon name="plus" />
      <input
        ref={input}
        class="input"
        role="combobox"
        aria-label="Add a step"
        aria-expanded={isOpen.value}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={isOpen.value && found.value.length > 0 ? `${id}-${at.value}` : undefined}
        placeholder="Add a step: blur, resize, sharpen …"
        autocomplete="off"
        spellcheck={false}
        value={typed}
        onFocus={() => go(0)}
        onClick={() => go(at.value)}
        onBlur={() => {
          isOpen.value = false;
        }}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
          go(0);
        }}
        onKeyDown={press}
      />
      <div
        ref={list}
        id={`${id}-list`}
        class="menu op_choices"
        popover="manual"
        role="listbox"
        aria-label="Operations"
        style={{ positionAnchor: anchor }}
      >
        {found.value.map((transform, i) => (
          <OpOption
            key={transform.name}
            id={`${id}-${i}`}
            transform={transform}
            isAt={i === at.value}
            onChoose={() => add(transform)}
          />
        ))}
        {found.value.length === 0 && (
          <p class="muted" role="status">
            No operation is called so.
          </p>
        )}
      </div>
    </div>
  );
}

const keys =
  (acts: Readonly<Record<string, () => void>>) =>
  (event: TargetedKeyboardEvent<HTMLInputElement>): void => {
    const act = event.isComposing ? undefined : acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };

interface OptionProps {
  readonly id: string;
  readonly transform: Transform;
  readonly isAt: boolean;
  readonly onChoose: () => void;
}

/** The focus stays in the input, whose keys choose. */
function OpOption({ id, transform, isAt, onChoose }: OptionProps) {
  return (
    <div
      id={id}
      class="op_choice"
      role="option"
      tabIndex={-1}
      aria-selected={isAt}
      onPointerDown={(event) => event.preventDefault()}
      onClick={onChoose}
      onKeyDown={undefined}
    >
      <strong>{transform.title}</strong>
      <span class="muted">{transform.summary}</span>
    </div>
  );
}
