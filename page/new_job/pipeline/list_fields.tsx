import { useSignal } from "@preact/signals";
import { settle } from "../draft.ts";
import type { FieldProps } from "./field.ts";

/** The browser's own chooser, and its value as text: that can be pasted, and has an opacity. */
export function ColourField(props: FieldProps & { readonly hasAlpha: boolean }) {
  const { id, label, value, onChange, described, isWrong, hasAlpha } = props;
  const text = typeof value === "string" ? value : "#000000";
  return (
    <div class="colour_field">
      <input
        type="color"
        aria-label={`${label}, chooser`}
        value={text.slice(0, 7)}
        onInput={(event) => onChange(event.currentTarget.value + text.slice(7), true)}
        onChange={settle}
      />
      <input
        id={id}
        class="input"
        value={text}
        maxLength={hasAlpha ? 9 : 7}
        spellcheck={false}
        aria-describedby={described}
        aria-invalid={isWrong}
        onInput={(event) => onChange(event.currentTarget.value.trim(), true)}
        onChange={settle}
      />
    </div>
  );
}

/** A list of numbers: in a row, or in a square where there are as many as a square has. */
export function NumbersField(props: FieldProps & { readonly counts: readonly number[] }) {
  const { id, label, value, onChange, described, isWrong, counts } = props;
  const numbers = Array.isArray(value) ? (value as number[]) : [];
  const side = Math.sqrt(numbers.length);
  const columns = Number.isInteger(side) && side > 1 ? side : numbers.length;
  const set = (at: number, next: number) => onChange(numbers.with(at, next), true);
  return (
    <div class="numbers_field">
      {counts.length > 1 && (
        <select
          class="input"
          aria-label={`${label}, how many`}
          value={String(numbers.length)}
          onChange={(event) => onChange(resized(numbers, Number(event.currentTarget.value)))}
        >
          {counts.map((count) => (
            <option key={count} value={String(count)}>
              {Math.sqrt(count)} × {Math.sqrt(count)}
            </option>
          ))}
        </select>
      )}
      <div class="numbers" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
        {numbers.map((number, i) => (
          <input
            key={i}
            id={i === 0 ? id : undefined}
            class="input number"
            type="number"
            step="any"
            value={number}
            aria-label={`${label}, ${i + 1} of ${numbers.length}`}
            aria-describedby={described}
            aria-invalid={isWrong}
            onInput={({ currentTarget: { valueAsNumber } }) =>
              Number.isFinite(valueAsNumber) && set(i, valueAsNumber)
            }
            onChange={settle}
          />
        ))}
      </div>
    </div>
  );
}

/** A square of another size, with the same middle. */
function resized(numbers: readonly number[], count: number): number[] {
  const [before, after] = [Math.sqrt(numbers.length), Math.sqrt(count)];
  if (!Number.isInteger(before) || !Number.isInteger(after))
    return Array.from({ length: count }, (_, i) => numbers[i] ?? 0);
  const shift = (after - before) / 2;
  return Array.from({ length: count }, (_, i) => {
    const [row, column] = [Math.floor(i / after) - shift, (i % after) - shift];
    const isInside = row >= 0 && row < before && column >= 0 && column < before;
    return isInside ? (numbers[row * before + column] ?? 0) : 0;
  });
}

/** Whatever has no field of its own, as JSON. */
export function ValuesField({ id, value, onChange, described, isWrong }: FieldProps) {
  const draft = useSignal<string | undefined>(undefined);
  const isUnread = draft.value !== undefined;
  return (
    <textarea
      id={id}
      class="input code"
      rows={2}
      spellcheck={false}
      value={draft.value ?? JSON.stringify(value)}
      aria-describedby={described}
      aria-invalid={isWrong || isUnread}
      onInput={({ currentTarget: { value: text } }) => {
        try {
          onChange(JSON.parse(text), true);
          draft.value = undefined;
        } catch {
          draft.value = text; // half written
        }
      }}
      onChange={settle}
    />
  );
}
