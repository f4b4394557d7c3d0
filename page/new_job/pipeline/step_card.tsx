import { useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { Button } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { change } from "../draft.ts";
import { type RecipeStep, removed, toggled, withParams } from "../recipe.ts";
import { announce } from "./announce.ts";
import { dragged, dragStep, moveStep } from "./ordering.ts";
import { Parameter } from "./parameter_field.tsx";
import { parameterOf, shownValue, type Transform } from "./parameters.ts";
import { transformNamed } from "./transforms.ts";

interface StepProps {
  readonly step: RecipeStep;
  /** From 0. */
  readonly place: number;
  readonly count: number;
  /** What the server says is wrong with it. */
  readonly fault: string | undefined;
}

/** A step of the pipeline: what it does, and what can be set. */
export function StepCard({ step, place, count, fault }: StepProps) {
  const { key, op, params, on } = step;
  const transform = transformNamed(op);
  const title = transform?.title ?? op;
  const isOpen = useSignal(true);
  const properties = Object.entries(transform?.params.properties ?? {});
  const move = (event: TargetedKeyboardEvent<HTMLElement>) => {
    const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    const isHandle = (event.target as HTMLElement).classList.contains("recipe_handle");
    if (by === 0 || !(event.altKey || isHandle)) return;
    event.preventDefault();
    moveStep(key, place + by, title, count);
    keepFocus(event.target as HTMLElement);
  };
  return (
    <li
      class="recipe_step"
      data-key={key}
      data-on={on}
      data-dragged={dragged.value?.key === key}
      data-faulty={fault !== undefined}
      onKeyDown={move}
    >
      <div class="recipe_step_head">
        <button
          type="button"
          class="recipe_handle"
          aria-label={`Move ${title}, step ${place + 1} of ${count}`}
          title="Drag, or press the up and down arrow keys"
          onPointerDown={(event) =>
            dragStep(event, key, event.currentTarget.closest<HTMLElement>(".recipe_steps")!, title)
          }
        >
          <Icon name="grip" />
        </button>
        <input
          type="checkbox"
          checked={on}
          aria-label={`${title} is on`}
          title="On or off"
          onChange={() => change((recipe) => toggled(recipe, key))}
        />
        <h3 title={transform?.definition}>{title}</h3>
        {!isOpen.value && transform !== undefined && <Summary step={step} transform={transform} />}
        <span class="recipe_step_tools">
          {Object.keys(params).length > 0 && (
            <Button
              look="quiet"
              icon="reset"
              label={`Reset ${title}`}
              onClick={() => change((recipe) => withParams(recipe, key, {}))}
            />
          )}
          {properties.length > 0 && (
            <Button
              look="quiet"
              icon={isOpen.value ? "chevron_up" : "chevron_down"}
              label={isOpen.value ? `Fold ${title}` : `Unfold ${title}`}
              onClick={() => {
                isOpen.value = !isOpen.value;
              }}
            />
          )}
          <Button
            look="quiet"
            icon="close"
            label={`Remove ${title}`}
            onClick={(event) => {
              focusNear(event.currentTarget);
              change((recipe) => removed(recipe, key));
              announce(`${title} is removed.`);
            }}
          />
        </span>
      </div>
      {isOpen.value && properties.length > 0 && (
        <div class="parameters" hidden={!on}>
          {properties.map(([name, schema]) => (
            <Parameter key={name} step={step} name={name} schema={schema} />
          ))}
        </div>
      )}
      <p class="fault" role="alert">
        {fault}
      </p>
    </li>
  );
}

/** What is set, in a line. */
function Summary({ step, transform }: { readonly step: RecipeStep; readonly transform: Transform }) {
  const shown = Object.entries(transform.params.properties ?? {}).flatMap(([name, schema]) => {
    const value = parameterOf(schema, name, step.params);
    return value === undefined ? [] : [shownValue(schema, value)];
  });
  return <span class="recipe_summary number">{shown.join(", ")}</span>;
}

/** Moved in the document, an element loses the focus. */
function keepFocus(element: HTMLElement): void {
  requestAnimationFrame(() => element.isConnected && element.focus());
}

/** Whoever removes a step by keys goes on at the next one, or where another can be added. */
function focusNear(element: HTMLElement): void {
  const card = element.closest(".recipe_step");
  const next = card?.nextElementSibling ?? card?.previousElementSibling;
  const target =
    next?.querySelector<HTMLElement>(".recipe_handle") ??
    document.querySelector<HTMLElement>(".add_step input");
  requestAnimationFrame(() => target?.focus());
}
