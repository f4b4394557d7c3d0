import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { Button } from "../design/button.tsx";
import { api } from "../shell/api.ts";
import { attempt, tellDone } from "../shell/notices.tsx";
import { go, hrefOf } from "../shell/router.ts";
import { useShortcuts } from "../shell/shortcuts.tsx";
import { useTitle } from "../shell/title.ts";

export function NewJob() {
  useTitle("New job");
  const image = useSignal<File | undefined>(undefined);
  const pipeline = useSignal("");
  const chooser = useRef<HTMLInputElement>(null);
  useShortcuts([{ keys: "o", does: "Choose an image", act: () => chooser.current?.click() }]);
  const send = () =>
    attempt(async () => {
      const job = await api.submit(image.value!, { pipeline: pipeline.value, name: image.value!.name });
      tellDone(`${job.source.name} is sent.`);
      go(hrefOf("job", job.id));
    });
  return (
    <div class="stack">
      <h1>New job</h1>
      <div class="field">
        <label for="image">Image</label>
        <input
          ref={chooser}
          id="image"
          type="file"
          accept="image/*"
          onChange={(event) => {
            image.value = event.currentTarget.files?.[0];
          }}
        />
      </div>
      <div class="field">
        <label for="pipeline">Pipeline</label>
        <input
          class="input"
          id="pipeline"
          value={pipeline}
          onInput={(event) => {
            pipeline.value = event.currentTarget.value;
          }}
        />
      </div>
      <div class="row">
        <Button look="primary" disabled={image.value === undefined} onClick={send}>
          Start
        </Button>
      </div>
    </div>
  );
}
