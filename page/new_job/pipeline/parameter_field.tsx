import { useId } from "preact/hooks";
import { change, settle } from "../draft.ts";
import { type RecipeStep, withParam } from "../recipe.ts";
import { CurveField } from "./curve_field.tsx";
import type { FieldProps } from "./field.ts";
import { ColourField, NumbersField, ValuesField } from "./list_fields.tsx";
import { NumberField, SliderField } from "./number_fields.tsx";
import { controlOf, faultOf, type ParameterSchema, parameterOf } from "./parameters.ts";

interface ParameterProps {
  readonly step: RecipeStep;
  readonly name: string;
  readonly schema: ParameterSchema;
}

/** One parameter of a step, by what its schema says of it. */
export function Parameter({ step, name, schema }: ParameterProps) {
  const id = useId();
  const value = parameterOf(schema, name, step.params);
  const fault = faultOf(schema, value);
  const label = schema.title ?? name;
  const onChange = (next: unknown, isGesture = false) => {
    change(
      (recipe) => withParam(recipe, step.key, name, next),
      isGesture ? `${step.key} ${name}` : undefined,
    );
    if (!isGesture) settle();
  };
  const { description } = schema;
  const common: FieldProps = {
    ...{ id, label, schema, value, onChange, isWrong: fault !== undefined },
    described: `${id}-hint`,
  };
  return (
    <div class="parameter">
      <span class="parameter_name">
        <label for={id} title={description}>
          {label}
        </label>{" "}
        {schema.unit !== undefined && schema.unit !== "" && <span class="parameter_unit">{schema.unit}</span>}
      </span>
      <Field {...common} />
      <p class={fault === undefined ? "unseen" : "fault"} id={`${id}-hint`}>
        {fault ?? description}
      </p>
    </div>
  );
}

function Field(props: FieldProps) {
  const control = controlOf(props.schema);
  const { id, described, value, onChange } = props;
  switch (control.kind) {
    case "slider":
      return <SliderField {...props} range={control.range} />;
    case "number":
      return <NumberField {...props} range={control.range} />;
    case "colour":
      return <ColourField {...props} hasAlpha={control.hasAlpha} />;
    case "numbers":
      return <NumbersField {...props} counts={control.counts} />;
    case "curve":
      return <CurveField {...props} />;
    case "values":
      return <ValuesField {...props} />;
    case "switch":
      return (
        <input
          id={id}
          type="checkbox"
          checked={value === true}
          aria-describedby={described}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "choice":
      return (
        <select
          id={id}
          class="input"
          value={String(value)}
          aria-describedby={described}
          onChange={(event) => onChange(control.choices[event.currentTarget.selectedIndex])}
        >
          {control.choices.map((choice) => (
            <option key={choice} value={String(choice)}>
              {String(choice)}
            </option>
          ))}
        </select>
      );
  }
}
