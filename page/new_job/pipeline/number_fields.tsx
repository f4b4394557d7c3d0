import type { TargetedKeyboardEvent } from "preact";
import { settle } from "../draft.ts";
import type { FieldProps } from "./field.ts";
import { nextTo, POSITIONS, positionOf, type Range, shownValue, valueAt } from "./parameters.ts";

type RangeProps = FieldProps & { readonly range: Range };

const BY_KEY: Readonly<Record<string, number>> = {
  ...{ ArrowUp: 1, ArrowRight: 1, PageUp: 10 },
  ...{ ArrowDown: -1, ArrowLeft: -1, PageDown: -10 },
};

/** A slider to feel one's way, and a field to say it exactly. */
export function SliderField(props: RangeProps) {
  const { id, label, schema, range, value, onChange, described } = props;
  const number = typeof value === "number" ? value : range.minimum;
  const key = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    const steps = BY_KEY[event.key];
    if (steps === undefined) return;
    event.preventDefault();
    onChange(nextTo(range, number, steps), true);
  };
  return (
    <div class="slider_field">
      <input
        type="range"
        aria-label={`${label}, slider`}
        aria-valuetext={shownValue(schema, number)}
        min={0}
        max={POSITIONS}
        value={positionOf(range, number)}
        onInput={(event) => onChange(valueAt(range, event.currentTarget.valueAsNumber), true)}
        onChange={settle}
        onKeyDown={key}
        onBlur={settle}
      />
      <NumberField {...{ ...props, id, described }} />
    </div>
  );
}

/** Emptied it is left out, and as usual. */
export function NumberField({ id, schema, range, value, onChange, described, isWrong }: RangeProps) {
  return (
    <input
      id={id}
      class="input number"
      type="number"
      inputMode={range.isWhole ? "numeric" : "decimal"}
      min={range.minimum}
      max={range.maximum}
      step={range.isWhole ? 1 : "any"}
      value={typeof value === "number" ? value : ""}
      placeholder={schema.default === undefined ? "–" : String(schema.default)}
      aria-describedby={described}
      aria-invalid={isWrong}
      onInput={(event) => {
        const { value: text, valueAsNumber } = event.currentTarget;
        // Half a number, such as a sign alone, is none yet.
        if (text === "") onChange(undefined, true);
        else if (Number.isFinite(valueAsNumber)) onChange(valueAsNumber, true);
      }}
      onChange={settle}
      onBlur={settle}
    />
  );
}
