import { useSignal } from "@preact/signals";
import { Button } from "../design/button.tsx";
import { Icon } from "../design/icon.tsx";
import { Menu } from "../design/menu.tsx";
import { may } from "../shell/session.ts";
import { AskBatch, type AskBatchProps, activeOf, type BatchAction } from "./ask_batch.tsx";

type BatchActionsProps = Omit<AskBatchProps, "asked">;

const resultsOf = (id: string, format: "zip" | "tar"): string =>
  `/v1/batches/${encodeURIComponent(id)}/results?format=${format}`;

/** What can be done with a batch, behind one button. */
export function BatchMenu(props: BatchActionsProps) {
  const { id, name, jobs: counts } = props.batch;
  const asked = useSignal<BatchAction | undefined>(undefined);
  const operates = may("operate");
  if (counts.done === 0 && !operates) return null;
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
        {operates && activeOf(props.batch) > 0 && (
          <Button look="quiet" icon="close" onClick={() => (asked.value = "cancel")}>
            Cancel…
          </Button>
        )}
        {operates && (
          <Button look="quiet" icon="trash" onClick={() => (asked.value = "delete")}>
            Delete…
          </Button>
        )}
      </Menu>
      <AskBatch {...props} asked={asked} />
    </>
  );
}

/** The same, open. */
export function BatchActions(props: BatchActionsProps) {
  const { id, jobs: counts } = props.batch;
  const asked = useSignal<BatchAction | undefined>(undefined);
  const operates = may("operate");
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
      {operates && activeOf(props.batch) > 0 && (
        <Button icon="close" onClick={() => (asked.value = "cancel")}>
          Cancel
        </Button>
      )}
      {operates && (
        <Button look="danger" icon="trash" onClick={() => (asked.value = "delete")}>
          Delete
        </Button>
      )}
      <AskBatch {...props} asked={asked} />
    </div>
  );
}
