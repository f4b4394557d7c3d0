/** What can be done with a job: what one may, and what fits how it stands. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { hasEnded, type JobView } from "../../client/client.ts";
import { formatText } from "../../shared/pipeline/text.ts";
import { Button } from "../design/button.tsx";
import { copyText } from "../design/clipboard.ts";
import { bytes } from "../design/format.ts";
import { Icon } from "../design/icon.tsx";
import { Menu } from "../design/menu.tsx";
import { api } from "../shell/api.ts";
import { attempt, tellDone } from "../shell/notices.tsx";
import { go, hrefOf } from "../shell/router.ts";
import { may } from "../shell/session.ts";
import { useShortcuts } from "../shell/shortcuts.tsx";
import { canRetry, isExpired, lookableOf } from "./condition.ts";
import { Confirm } from "./confirm.tsx";
import { showWay } from "./picture.tsx";

interface ActionsProps {
  readonly job: JobView;
  /** It is being deleted from here: nobody has to be told that it is gone. */
  readonly onDelete: () => void;
}

export function Actions({ job, onDelete }: ActionsProps) {
  const { id, state, output } = job;
  const download = useRef<HTMLAnchorElement>(null);
  const [cancelling, deleting] = [useSignal(false), useSignal(false)];
  const operates = may("operate");
  const [isActive, isPaused] = [
    operates && !hasEnded(job) && state !== "paused",
    operates && state === "paused",
  ];
  const retries = operates && canRetry(job, Date.now());
  const pause = () => attempt(() => api.pauseJob({ id }));
  const resume = () => attempt(() => api.resumeJob({ id }));
  const retry = () => attempt(() => api.retryJob({ id }));
  const share = () =>
    copyText(location.href).then(
      () => tellDone("The link is copied. Whoever opens it has to be allowed to see the job."),
      () => tellDone("Your browser does not let pages copy: take the link from its address bar."),
    );
  const ask = (which: typeof deleting) => {
    which.value = true;
  };
  useShortcuts([
    { keys: "1", does: "Tiles", act: () => showWay("tiles") },
    { keys: "2", does: "Before and after", act: () => showWay("look") },
    { keys: "p", does: "Pause or resume", act: () => void (isActive ? pause() : isPaused && resume()) },
    { keys: "c", does: "Cancel the job", act: () => (isActive || isPaused) && ask(cancelling) },
    { keys: "r", does: "Retry the failed job", act: () => retries && void retry() },
    { keys: "d", does: "Download the result", act: () => download.current?.click() },
    { keys: "l", does: "Copy the job's link", act: () => void share() },
    { keys: "Delete", does: "Delete the job", act: () => operates && ask(deleting) },
  ]);
  return (
    <div class="row actions">
      {state === "done" && !isExpired(job, Date.now()) && (
        <a ref={download} class="button primary" href={`/v1/jobs/${encodeURIComponent(id)}/result`} download>
          <Icon name="download" />
          <span>
            Download {output.format.toUpperCase()}
            {output.bytes !== undefined && <span class="number">, {bytes(output.bytes)}</span>}
          </span>
        </a>
      )}
      {retries && (
        <Button look="primary" icon="retry" onClick={retry}>
          Retry
        </Button>
      )}
      {isActive && (
        <Button icon="pause" onClick={pause}>
          Pause
        </Button>
      )}
      {isPaused && (
        <Button look="primary" icon="play" onClick={resume}>
          Resume
        </Button>
      )}
      {(isActive || isPaused) && (
        <Button icon="close" onClick={() => ask(cancelling)}>
          Cancel
        </Button>
      )}
      <Menu icon="chevron_down" label="More to do with the job" text="More">
        <Button icon="link" onClick={share}>
          Copy link
        </Button>
        {lookableOf(job, Date.now()).source && (
          <a class="button" href={`/v1/jobs/${encodeURIComponent(id)}/source`} download>
            <Icon name="image" />
            Download the source
          </a>
        )}
        {may("submit") && (
          <a class="button" href={hrefOf("newJob", "", againWith(job))}>
            <Icon name="plus" />
            Again with other settings
          </a>
        )}
        {operates && (
          <Button look="danger" icon="trash" onClick={() => ask(deleting)}>
            Delete
          </Button>
        )}
      </Menu>
      <Confirm
        open={cancelling}
        title="Cancel this job?"
        text="What has been done of it is lost, and the job cannot be resumed."
        does="Cancel the job"
        keep="Go on"
        onConfirm={() => attempt(() => api.cancelJob({ id }))}
      />
      <Confirm
        open={deleting}
        title="Delete this job?"
        text="Its result, its source and its history go with it. This cannot be undone."
        does="Delete the job"
        keep="Keep it"
        onConfirm={async () => {
          onDelete();
          if (!(await attempt(() => api.deleteJob({ id })))) return;
          tellDone(`${job.source.name} is deleted.`);
          go(hrefOf("jobs"), { replace: true });
        }}
      />
    </div>
  );
}

const againWith = ({ pipeline, output }: JobView): string =>
  new URLSearchParams({ pipeline: formatText(pipeline), format: output.format }).toString();
