import type { RefObject } from "preact";
import { Button } from "../../design/button.tsx";
import { canRedo, canUndo, change, pipeline, recipe, redo, undo } from "../draft.ts";
import type { Fault } from "../preview/fault.ts";
import { active, moved, type Recipe, type RecipeStep } from "../recipe.ts";
import { announcement } from "./announce.ts";
import { CopyMenu } from "./copy_menu.tsx";
import { OpPicker } from "./op_picker.tsx";
import { dragged } from "./ordering.ts";
import { PresetsMenu } from "./presets_menu.tsx";
import { StepCard } from "./step_card.tsx";
import { TextForm } from "./text_form.tsx";

interface PipelineProps {
  /** Where a step is looked for. */
  readonly picker: RefObject<HTMLInputElement | null>;
  /** What keeps the preview from being shown. */
  readonly fault: Fault | undefined;
}

/** What is done with the images, step by step. */
export function PipelinePanel({ picker, fault }: PipelineProps) {
  return (
    <section class="card stack pipeline_card" aria-labelledby="pipeline_heading">
      <div class="row apart">
        <h2 id="pipeline_heading">Pipeline</h2>
        <span class="row tools">
          <Button look="quiet" icon="undo" label="Undo" disabled={!canUndo.value} onClick={undo} />
          <Button look="quiet" icon="redo" label="Redo" disabled={!canRedo.value} onClick={redo} />
          <PresetsMenu />
        </span>
      </div>
      <Steps fault={fault} />
      {fault !== undefined && stepAtFault(fault) === undefined && (
        <p class="fault" role="alert">
          {wordsFor(fault)}
        </p>
      )}
      <OpPicker input={picker} />
      <details class="as_text">
        <summary>Text and commands</summary>
        <div class="stack">
          <TextForm />
          <div class="row">
            <CopyMenu />
            {pipeline.value !== "" && (
              <Button
                look="quiet"
                icon="trash"
                onClick={() => change((before) => ({ ...before, steps: [] }))}
              >
                Remove all steps
              </Button>
            )}
          </div>
        </div>
      </details>
      <p class="unseen" role="status" aria-live="polite">
        {announcement}
      </p>
    </section>
  );
}

const wordsFor = ({ text, detail = "" }: Fault): string => `${text} ${detail}`.trim();

function stepAtFault(fault: Fault | undefined): RecipeStep | undefined {
  const steps = active(recipe.value);
  if (fault?.step !== undefined) return steps[fault.step - 1];
  return fault?.op === undefined ? undefined : steps.findLast(({ op }) => op === fault.op);
}

/** As they would be if what is dragged were let go. */
function shownOrder(now: Recipe): Recipe {
  const target = dragged.value;
  return target === undefined ? now : moved(now, target.key, target.to);
}

function Steps({ fault }: Pick<PipelineProps, "fault">) {
  const { steps } = shownOrder(recipe.value);
  const atFault = stepAtFault(fault)?.key;
  if (steps.length === 0)
    return (
      <p class="muted">
        No steps yet: the image is only written anew. Add a step below, or begin with a preset.
      </p>
    );
  return (
    <ol class="recipe_steps" data-dragging={dragged.value !== undefined}>
      {steps.map((step, place) => (
        <StepCard
          key={step.key}
          step={step}
          place={place}
          count={steps.length}
          fault={step.key === atFault ? wordsFor(fault!) : undefined}
        />
      ))}
    </ol>
  );
}
