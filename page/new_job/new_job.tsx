import { useEffect, useMemo, useRef } from "preact/hooks";
import { Button } from "../design/button.tsx";
import { inHead } from "../shell/in_head.ts";
import { connection, useTopic } from "../shell/live.ts";
import { attempt, tellDone } from "../shell/notices.tsx";
import { go, hrefOf, place } from "../shell/router.ts";
import { may } from "../shell/session.ts";
import { useShortcuts } from "../shell/shortcuts.tsx";
import { useTitle } from "../shell/title.ts";
import { canRedo, canUndo, followAddress, recipe, redo, undo } from "./draft.ts";
import { DropTarget, DropVeil } from "./images/drop_target.tsx";
import { ImageList } from "./images/image_list.tsx";
import { images, looked } from "./images/images.ts";
import { takeFiles } from "./images/intake.ts";
import { useIntake } from "./images/use_intake.ts";
import { labelFault } from "./labels.ts";
import { OutputPanel } from "./output/output_panel.tsx";
import { PipelinePanel } from "./pipeline/pipeline_panel.tsx";
import { loadTransforms } from "./pipeline/transforms.ts";
import { fit, realPixels, zoomIn, zoomOut } from "./preview/moving.ts";
import { Stage } from "./preview/stage.ts";
import { Viewer } from "./preview/viewer.tsx";
import { start } from "./sending/sending.ts";
import { SendingsList } from "./sending/sendings_list.tsx";
import { UploadsInHead } from "./sending/uploads_in_head.tsx";

/** An image or many, what is done with them, and how that looks, until it is started. */
export function NewJob() {
  useTitle("New job");
  useIntake();
  const chooser = useRef<HTMLInputElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const stage = useMemo(() => new Stage(), []);
  const choose = () => chooser.current?.click();
  useEffect(() => stage.start(), [stage]);
  useEffect(() => {
    void attempt(loadTransforms);
    return followAddress();
  }, []);
  // Only to know whether the server is there: uploads and previews go on once it is there again.
  useTopic("workers", () => {});
  useUndoKeys();
  useShortcuts([
    { keys: "o", does: "Choose images", act: choose },
    { keys: "a", does: "Add a step", act: () => picker.current?.focus() },
    { keys: "+", does: "Zoom in", act: () => zoomIn(stage) },
    { keys: "-", does: "Zoom out", act: () => zoomOut(stage) },
    { keys: "0", does: "Fit the picture", act: () => fit(stage) },
    { keys: "1", does: "Real pixels", act: () => realPixels(stage) },
    { keys: "c", does: "Compare before and after", act: () => toggle(stage) },
    { keys: "Ctrl+Z", does: "Undo", act: undo },
    { keys: "Ctrl+Shift+Z", does: "Redo", act: redo },
  ]);
  const image = looked.value;
  return (
    <div class="new_job">
      <h1>New job</h1>
      <input
        ref={chooser}
        class="unseen"
        type="file"
        multiple
        accept="image/*,.tif,.tiff,.avif"
        aria-label="Images"
        tabIndex={-1}
        onChange={({ currentTarget }) => {
          takeFiles([...(currentTarget.files ?? [])]);
          // The same file can be chosen again once it was removed.
          currentTarget.value = "";
        }}
      />
      <div class="picture_side">
        {image === undefined ? <DropTarget choose={choose} /> : <Viewer stage={stage} name={image.name} />}
        <SendingsList />
        {image !== undefined && <ImageList choose={choose} />}
      </div>
      <div class="recipe_side">
        <PipelinePanel picker={picker} fault={stage.fault.value} />
        <OutputPanel stage={stage} />
        <StartBar stage={stage} />
      </div>
      <DropVeil />
    </div>
  );
}

const toggle = ({ compares }: Stage): void => {
  compares.value = !compares.value;
};

function StartBar({ stage }: { readonly stage: Stage }) {
  const { length } = images.value;
  const send = () =>
    attempt(async () => {
      inHead.value = UploadsInHead;
      const { job, batch } = await start(images.value, recipe.value);
      if (!may("read"))
        return tellDone("It is on its way. What becomes of it can be seen with a key that may read.");
      if (batch !== undefined) return go(hrefOf("batch", batch));
      const id = await job;
      // Whoever has gone elsewhere meanwhile stays there.
      if (id !== undefined && place.value.view === "newJob") go(hrefOf("job", id));
    });
  const obstacle = obstacleTo(stage);
  return (
    <div class="start_bar">
      <Button look="primary" icon="play" disabled={obstacle !== undefined} onClick={send}>
        {length > 1 ? `Start ${length} images` : "Start"}
      </Button>
      {obstacle !== undefined && <span class="muted">{obstacle}</span>}
    </div>
  );
}

/** What would be refused only after everything has been sent. */
function obstacleTo({ fault }: Stage): string | undefined {
  if (images.value.length === 0) return "Add an image first.";
  if (connection.value === "lost") return "Wait for the connection.";
  if (fault.value !== undefined) return "Mend the pipeline first.";
  return labelFault(recipe.value.options.labels) === undefined ? undefined : "Mend the labels first.";
}

const TEXT = "textarea, input:not([type]), input[type=text], input[type=url], input[type=search]";

/** Where text is written, the browser undoes what is written. Where steps are added nothing is left of it afterwards. */
function hasTextToUndo({ target }: KeyboardEvent): boolean {
  const isEmptyPicker =
    target instanceof HTMLInputElement && target.role === "combobox" && target.value === "";
  return target instanceof HTMLElement && target.matches(TEXT) && !isEmptyPicker;
}

function useUndoKeys(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const isUndo = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "z";
      const isRedo = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "y";
      if (!isUndo && !isRedo) return;
      if (hasTextToUndo(event)) return;
      event.preventDefault();
      if (isRedo || event.shiftKey) canRedo.value && redo();
      else if (canUndo.value) undo();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
