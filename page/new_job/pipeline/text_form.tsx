import { useSignal } from "@preact/signals";
import { TesseraError } from "../../../shared/errors.ts";
import { nearest } from "../../../shared/pipeline/nearest.ts";
import { change, pipeline, settle } from "../draft.ts";
import { type PlainStep, rewritten } from "../recipe.ts";
import { parsedSteps } from "../recipe_address.ts";
import { transforms } from "./transforms.ts";

/** The pipeline as text, to be read and written. */
export function TextForm() {
  // While it is being written, what cannot be read yet stays as it is.
  const draft = useSignal<string | undefined>(undefined);
  const fault = useSignal("");
  const write = (text: string) => {
    draft.value = text;
    try {
      const steps = parsedSteps(text);
      fault.value = unknownOf(steps);
      if (fault.value === "") change((recipe) => rewritten(recipe, steps), "text");
    } catch (thrown) {
      if (!(thrown instanceof TesseraError)) throw thrown;
      fault.value = thrown.message;
    }
  };
  const leave = () => {
    settle();
    if (fault.value === "") draft.value = undefined;
  };
  return (
    <div class="field">
      <label for="pipeline_text">As text</label>
      <textarea
        id="pipeline_text"
        class="input code"
        rows={3}
        spellcheck={false}
        autocapitalize="off"
        placeholder="blur(sigma=2) | sharpen"
        value={draft.value ?? pipeline.value}
        aria-invalid={fault.value !== ""}
        aria-describedby="pipeline_text_fault"
        onInput={(event) => write(event.currentTarget.value)}
        onBlur={leave}
      />
      <p class="fault" id="pipeline_text_fault" role="alert">
        {fault.value}
      </p>
      {fault.value !== "" && (
        <button
          type="button"
          class="button"
          onClick={() => {
            draft.value = undefined;
            fault.value = "";
          }}
        >
          Back to the steps above
        </button>
      )}
    </div>
  );
}

/** An op that the server does not have, in words. */
function unknownOf(steps: readonly PlainStep[]): string {
  const names = transforms.value.map(({ name }) => name);
  const unknown = names.length > 0 ? steps.find(({ op }) => !names.includes(op)) : undefined;
  if (unknown === undefined) return "";
  const close = nearest(unknown.op, names);
  const meant = close.length > 0 ? ` Did you mean ${close.join(" or ")}?` : "";
  return `There is no operation “${unknown.op}”.${meant}`;
}
