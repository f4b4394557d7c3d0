import type { Signal } from "@preact/signals";
import { hasEnded, type JobView } from "../../client/client.ts";
import { Button } from "../design/button.tsx";
import { Icon } from "../design/icon.tsx";
import { Menu } from "../design/menu.tsx";
import { api } from "../shell/api.ts";
import { attempt } from "../shell/notices.tsx";
import { may } from "../shell/session.ts";
import type { BulkRequest } from "./bulk_dialog.tsx";

interface JobMenuProps {
  readonly job: JobView;
  readonly asked: Signal<BulkRequest | undefined>;
}

const isKept = ({ expires_at }: JobView): boolean =>
  expires_at === undefined || Date.parse(expires_at) > Date.now();

/** What can be done with one job as it stands, by who sits here. */
export function JobMenu({ job, asked }: JobMenuProps) {
  const { id, state, source } = job;
  const ask = (action: "cancel" | "delete" | "priority") => {
    asked.value = { action, which: { ids: [id] } };
  };
  const isActive = !hasEnded(job);
  const operates = may("operate");
  const hasResult = state === "done" && isKept(job);
  if (!operates && !hasResult) return null;
  return (
    <Menu icon="more" label={`More for ${source.name}`}>
      {hasResult && (
        <a class="button quiet" href={`/v1/jobs/${id}/result`} download>
          <Icon name="download" />
          Download
        </a>
      )}
      {operates && isActive && state !== "paused" && (
        <Button look="quiet" icon="pause" onClick={() => attempt(() => api.pauseJob({ id }))}>
          Pause
        </Button>
      )}
      {operates && state === "paused" && (
        <Button look="quiet" icon="play" onClick={() => attempt(() => api.resumeJob({ id }))}>
          Resume
        </Button>
      )}
      {operates && state === "failed" && job.expires_at !== undefined && isKept(job) && (
        <Button look="quiet" icon="retry" onClick={() => attempt(() => api.retryJob({ id }))}>
          Retry
        </Button>
      )}
      {operates && isActive && (
        <>
          <Button look="quiet" icon="chevron_up" onClick={() => ask("priority")}>
            Priority…
          </Button>
          <Button look="quiet" icon="close" onClick={() => ask("cancel")}>
            Cancel…
          </Button>
        </>
      )}
      {operates && (
        <Button look="quiet" icon="trash" onClick={() => ask("delete")}>
          Delete…
        </Button>
      )}
    </Menu>
  );
}
