import { type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { PRIORITY } from "../../shared/api/priority.ts";
import { Button } from "../design/button.tsx";
import { Dialog } from "../design/dialog.tsx";
import { api } from "../shell/api.ts";
import { attempt, tellDone } from "../shell/notices.tsx";
import { type BulkAction, carryOut, type Plan, planOf, type Which } from "./bulk.ts";
import { jobs, outcomeOf, refusalsOf, WORDS } from "./bulk_words.ts";

export interface BulkRequest {
  readonly action: BulkAction;
  readonly which: Which;
}

interface BulkDialogProps {
  /** What somebody wants to do; nothing while nobody does. */
  readonly asked: Signal<BulkRequest | undefined>;
  readonly onDone: () => void;
}

/** Says how many jobs it concerns before anything is done with them. */
export function BulkDialog({ asked, onDone }: BulkDialogProps) {
  const open = useSignal(false);
  const plan = useSignal<Plan | undefined>(undefined);
  useSignalEffect(() => {
    const request = asked.value;
    plan.value = undefined;
    open.value = request !== undefined;
    if (request === undefined) return undefined;
    const looking = new AbortController();
    const { action, which } = request;
    void attempt(async () => {
      plan.value = await planOf(api.bulkJobs, action, which, looking.signal);
    }).then((isKnown) => {
      if (!isKnown && !looking.signal.aborted) open.value = false;
    });
    return () => looking.abort();
  });
  useSignalEffect(() => {
    if (!open.value) asked.value = undefined;
  });
  const title = useComputed(() => (asked.value ? `${WORDS[asked.value.action].does} jobs` : ""));
  const close = () => {
    open.value = false;
  };
  return (
    <Dialog open={open} title={title.value}>
      {asked.value !== undefined && (
        <Planned action={asked.value.action} plan={plan.value} close={close} onDone={onDone} />
      )}
    </Dialog>
  );
}

interface PlannedProps {
  readonly action: BulkAction;
  /** Nothing while it is being made. */
  readonly plan: Plan | undefined;
  readonly close: () => void;
  readonly onDone: () => void;
}

function Planned({ action, plan, close, onDone }: PlannedProps) {
  const done = useSignal(0);
  const priority = useSignal<number>(PRIORITY.default);
  const count = plan?.ids.length ?? 0;
  const carry = () =>
    attempt(async () => {
      const outcome = await carryOut(api.bulkJobs, action, plan!, priority.value, (now) => {
        done.value = now;
      });
      tellDone(outcomeOf(action, outcome));
      close();
      onDone();
    });
  const { does, means } = WORDS[action];
  return (
    <>
      <div class="stack planned" role="status">
        {plan === undefined && <p class="muted">Looking which jobs that concerns…</p>}
        {plan !== undefined && count === 0 && <p>There is no job that this can be done with.</p>}
        {count > 0 && (
          <p>
            It concerns <strong>{jobs(count)}</strong>. {means}
          </p>
        )}
        {plan && refusalsOf(action, plan).map((text) => <p key={text}>{text}</p>)}
      </div>
      {action === "priority" && count > 0 && <PriorityField priority={priority} />}
      <div class="row end">
        <Button onClick={close}>{count === 0 ? "Close" : "Leave them"}</Button>
        {count > 0 && (
          <Button look={action === "delete" || action === "cancel" ? "danger" : "primary"} onClick={carry}>
            {done.value > 0 ? `${done.value} of ${count}…` : `${does} ${jobs(count)}`}
          </Button>
        )}
      </div>
    </>
  );
}

function PriorityField({ priority }: { readonly priority: Signal<number> }) {
  return (
    <div class="field">
      <label for="priority">Priority</label>
      <div class="row">
        <input
          {...{ id: "priority", type: "range", min: PRIORITY.minimum, max: PRIORITY.maximum, step: 1 }}
          value={priority}
          onInput={(event) => {
            priority.value = event.currentTarget.valueAsNumber;
          }}
        />
        <output class="number" for="priority">
          {priority}
        </output>
      </div>
      <p class="hint">
        From {PRIORITY.minimum} to {PRIORITY.maximum}; usual is {PRIORITY.default}.
      </p>
    </div>
  );
}
