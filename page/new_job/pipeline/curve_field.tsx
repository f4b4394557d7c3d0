import { settle } from "../draft.ts";
import { heightsOf, POINTS } from "./curve.ts";
import type { FieldProps } from "./field.ts";
import { ValuesField } from "./list_fields.tsx";

/** A tone curve as a few heights that can be pulled; one that is finer than that, or has three parts, as it is written. */
export function CurveField(props: FieldProps) {
  const { id, label, value, onChange, described } = props;
  const heights = heightsOf(value);
  if (heights === undefined) return <ValuesField {...props} />;
  return (
    <div class="curve_field">
      {heights.map((height, i) => (
        <input
          key={i}
          id={i === 0 ? id : undefined}
          type="range"
          min={0}
          max={1}
          step={0.01}
          value={height}
          aria-label={`${label}, output at ${(i / (POINTS - 1)) * 100} %`}
          aria-describedby={described}
          onInput={({ currentTarget: { valueAsNumber } }) => onChange([heights.with(i, valueAsNumber)], true)}
          onChange={settle}
          onBlur={settle}
        />
      ))}
    </div>
  );
}
