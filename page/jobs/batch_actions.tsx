import { useSignal } from "@preact/signals";
import { Button } from "../design/button.tsx";
import { Dialog } from "../design/dialog.tsx";
import { Icon } from "../design/icon.tsx";
import { Menu } from "../design/menu.tsx";
import { api } from "../shell/api.ts";
import { attempt, tellDone } from "../shell/notices.tsx";
import { may } from "../shell/session.ts";
import type { BatchView } from "./batch_progress.tsx";
import { jobs } from "./bulk_words.ts";

interface BatchProps {
  readonly batch: BatchView;
  /** It may have changed. */
  readonly onChange: () => void;
}

const resultsOf = (id: string, format: "zip" | "tar"): string =>
  `/v1/batches/${encodeURIComponent(id)}/results?format=${format}`;

const activeOf = ({ images, jobs: { done, failed, cancelled } }: BatchView): number =>
  images - done - failed - cancelled;

/** What can be done with a batch, behind one button. */
export function BatchMenu({ batch, onChange }: BatchProps) {
  const asked = useSignal(false);
  const { id, name, jobs: counts } = batch;
  const cancels = may("operate") && activeOf(batch) > 0;
  if (counts.done === 0 && !cancels) return null;
  return (
    <>
      <Menu icon="more" label={`More for ${name || "the batch"}`}>
        {counts.done > 0 &&
          (["zip", "tar"] as const).map((format) => (
            <a key={format} class="button quiet" href={resultsOf(id, format)} download>
              <Icon name="download" />
              Results as {format}
            </a>
          ))}
        {cancels && (
          <Button look="quiet" icon="close" onClick={() => (asked.value = true)}>
            Cancel…
          </Button>
        )}
      </Menu>
      <CancelDialog open={asked} {...{ batch, onChange }} />
    </>
  );
}

/** The same, open. */
export function BatchActions({ batch, onChange }: BatchProps) {
  const asked = useSignal(false);
  const { id, jobs: counts } = batch;
  return (
    <div class="row">
      {counts.done > 0 && (
        <>
          <a class="button primary" href={resultsOf(id, "zip")} download>
            <Icon name="download" />
            Download {counts.done === 1 ? "1 result" : `${counts.done} results`}
          </a>
          <a class="button" href={resultsOf(id, "tar")} download>
            As tar
          </a>
        </>
      )}
      {may("operate") && activeOf(batch) > 0 && (
        <Button icon="close" onClick={() => (asked.value = true)}>
          Cancel
        </Button>
      )}
      <CancelDialog open={asked} {...{ batch, onChange }} />
    </div>
  );
}

function CancelDialog({
  open,
  batch,
  onChange,
}: BatchProps & { readonly open: Parameters<typeof Dialog>[0]["open"] }) {
  const cancel = () =>
    attempt(async () => {
      await api.cancelBatch({ id: batch.id });
      open.value = false;
      tellDone(`${batch.name || "The batch"} is cancelled.`);
      onChange();
    });
  return (
    <Dialog open={open} title="Cancel the batch">
      <p>
        It concerns <strong>{jobs(activeOf(batch))}</strong>: those that have not ended. What was done of them
        is lost; results that are done stay.
      </p>
      <div class="row end">
        <Button onClick={() => (open.value = false)}>Leave it</Button>
        <Button look="danger" onClick={cancel}>
          Cancel {jobs(activeOf(batch))}
        </Button>
      </div>
    </Dialog>
  );
}
