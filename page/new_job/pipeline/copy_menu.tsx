import { Button } from "../../design/button.tsx";
import { copyText } from "../../design/clipboard.ts";
import { attempt, tellDone } from "../../shell/notices.tsx";
import { session } from "../../shell/session.ts";
import { type CommandOf, curlCommand, runCommand, submitCommand } from "../commands.ts";
import { pipeline, recipe } from "../draft.ts";
import { images } from "../images/images.ts";
import { isSharable } from "../recipe_address.ts";

const wanted = (): CommandOf => ({
  server: location.origin,
  needsKey: session.value?.by !== "nothing",
  images: images.value.map(({ name, source }) => ("url" in source ? source : { file: name })),
  pipeline: pipeline.value,
  options: recipe.value.options,
});

const copy = (what: string, text: string) =>
  attempt(async () => {
    await copyText(text);
    tellDone(`${what} is copied.`);
  });

/** The same for a shell, or for somebody else. */
export function CopyMenu() {
  return (
    <fieldset class="row" aria-label="Copy">
      <Button icon="copy" label="Copy as text" onClick={() => copy("The pipeline", pipeline.value)}>
        Text
      </Button>
      <Button
        icon="copy"
        label="Copy as a curl command"
        onClick={() => copy("The command", curlCommand(wanted()))}
      >
        curl
      </Button>
      <Button
        icon="copy"
        label="Copy as a command that runs here, without a server"
        onClick={() => copy("The command", runCommand(wanted()))}
      >
        tessera run
      </Button>
      <Button
        icon="copy"
        label="Copy as a command that sends images to this server"
        onClick={() => copy("The command", submitCommand(wanted()))}
      >
        tessera submit
      </Button>
      <Button
        icon="link"
        label="Copy a link to this view with this pipeline"
        disabled={!isSharable(recipe.value)}
        onClick={() => copy("The link", location.href)}
      >
        Link
      </Button>
    </fieldset>
  );
}
