import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import { Button } from "../design/button.tsx";
import { Dialog } from "../design/dialog.tsx";
import { jobs } from "../jobs/bulk_words.ts";
import { api } from "../shell/api.ts";
import { attempt, tellDone } from "../shell/notices.tsx";
import type { BatchView } from "./batch_progress.tsx";

export type BatchAction = "cancel" | "delete";

export interface AskBatchProps {
  readonly batch: BatchView;
  /** What somebody wants to do; nothing while nobody does. */
  readonly asked: Signal<BatchAction | undefined>;
  /** It is about to be deleted. */
  readonly onDelete?: () => void;
  /** It was done. */
  readonly onDone: (action: BatchAction) => void;
}

/** Its jobs that have not ended. */
export const activeOf = ({ images, jobs: { done, failed, cancelled } }: BatchView): number =>
  images - done - failed - cancelled;

/** Asks before a batch is cancelled or deleted, and says what it concerns. */
export function AskBatch({ batch, asked, onDelete, onDone }: AskBatchProps) {
  const open = useSignal(false);
  useSignalEffect(() => {
    open.value = asked.value !== undefined;
  });
  useSignalEffect(() => {
    if (!open.value) asked.value = undefined;
  });
  const action = asked.value ?? "cancel";
  const { id, images } = batch;
  const count = action === "cancel" ? activeOf(batch) : images;
  const act = () =>
    attempt(async () => {
      if (action === "delete") onDelete?.();
      await (action === "cancel" ? api.cancelBatch({ id }) : api.deleteBatch({ id }));
      open.value = false;
      tellDone(`${batch.name || "The batch"} is ${action === "cancel" ? "cancelled" : "deleted"}.`);
      onDone(action);
    });
  const does = action === "cancel" ? "Cancel" : "Delete";
  return (
    <Dialog open={open} title={`${does} ${batch.name || "the batch"}`}>
      {action === "cancel" ? (
        <p>
          It concerns <strong>{jobs(count)}</strong> that {count === 1 ? "has" : "have"} not ended. What was
          done of them is lost; results that are done stay.
        </p>
      ) : (
        <p>
          It concerns <strong>{jobs(count)}</strong>: their results and their history go with the batch, for
          good. What is still at work is cancelled.
        </p>
      )}
      <div class="row end">
        <Button onClick={() => (open.value = false)}>Leave it</Button>
        <Button look="danger" onClick={act}>
          {count === 0 ? `${does} it` : `${does} ${jobs(count)}`}
        </Button>
      </div>
    </Dialog>
  );
}
