import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { Button } from "../../design/button.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { Menu } from "../../design/menu.tsx";
import { attempt, tellDone } from "../../shell/notices.tsx";
import { change, pipeline } from "../draft.ts";
import { rewritten } from "../recipe.ts";
import { parsedSteps } from "../recipe_address.ts";
import { announce } from "./announce.ts";
import { BUILT_IN, type Preset } from "./built_in_presets.ts";
import { forgetPreset, keepPreset, ownPresets } from "./presets.ts";

const apply = ({ name, text }: Preset) =>
  attempt(async () => {
    const steps = parsedSteps(text);
    change((recipe) => rewritten(recipe, steps));
    announce(`The pipeline is “${name}” now.`);
  });

/** Pipelines to begin with; one can be undone like any change. */
export function PresetsMenu() {
  const isSaving = useSignal(false);
  const isSome = pipeline.value !== "";
  return (
    <>
      <Menu icon="chevron_down" label="Presets" text="Presets">
        <fieldset class="preset_list" aria-label="Presets">
          {BUILT_IN.map((preset) => (
            <PresetButton key={preset.name} preset={preset} />
          ))}
          {ownPresets.value.length > 0 && <hr />}
          {ownPresets.value.map((preset) => (
            <span key={preset.name} class="own_preset">
              <PresetButton preset={preset} />
              <Button
                look="quiet"
                icon="trash"
                label={`Forget ${preset.name}`}
                onClick={() => forgetPreset(preset.name)}
              />
            </span>
          ))}
          <hr />
          <button
            type="button"
            class="button quiet"
            disabled={!isSome}
            onClick={(event) => {
              close(event.currentTarget);
              isSaving.value = true;
            }}
          >
            Keep this pipeline as a preset …
          </button>
        </fieldset>
      </Menu>
      <Dialog open={isSaving} title="Keep as a preset">
        <SaveForm
          onDone={() => {
            isSaving.value = false;
          }}
        />
      </Dialog>
    </>
  );
}

const close = (within: HTMLElement): void => within.closest<HTMLElement>("[popover]")?.hidePopover();

function PresetButton({ preset }: { readonly preset: Preset }) {
  return (
    <button
      type="button"
      class="button quiet"
      title={preset.text}
      onClick={(event) => {
        close(event.currentTarget);
        void apply(preset);
      }}
    >
      {preset.name}
    </button>
  );
}

function SaveForm({ onDone }: { readonly onDone: () => void }) {
  const save = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = `${new FormData(event.currentTarget).get("name")}`.trim();
    if (name === "") return;
    keepPreset({ name, text: pipeline.value });
    tellDone(`${name} is kept in this browser.`);
    onDone();
  };
  return (
    <form class="stack" onSubmit={save}>
      <div class="field">
        <label for="preset_name">Name</label>
        <input class="input" id="preset_name" name="name" required maxLength={80} autocomplete="off" />
      </div>
      <pre class="code_shown">{pipeline.value}</pre>
      <div class="row end">
        <Button type="submit" look="primary">
          Keep
        </Button>
      </div>
    </form>
  );
}
