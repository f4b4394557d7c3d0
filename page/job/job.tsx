import { useSignal } from "@preact/signals";
import { hasEnded, type JobView } from "../../client/client.ts";
import { type ErrorCode, publicSentence } from "../../shared/errors.ts";
import { Empty } from "../design/empty.tsx";
import { Icon } from "../design/icon.tsx";
import { JobState, lookOf } from "../jobs/job_state.tsx";
import { connection } from "../shell/live.ts";
import { hrefOf, place } from "../shell/router.ts";
import { useTitle } from "../shell/title.ts";
import { Actions } from "./actions.tsx";
import { conditionOf } from "./condition.ts";
import { Facts } from "./facts.tsx";
import { type Fleet, useFleet } from "./fleet.ts";
import { Hands } from "./hands.tsx";
import { History } from "./history.tsx";
import { Picture } from "./picture.tsx";
import { Progress } from "./progress.tsx";
import { Throughput } from "./throughput.tsx";
import { Timeline } from "./timeline.tsx";
import { useWatched, type Watched } from "./watching.ts";

export function Job() {
  const { id } = place.value;
  const watched = useWatched(id);
  const fleet = useFleet();
  const isDeleting = useSignal(false);
  const job = watched.job.value;
  const end = watched.end.value;
  useTitle(job?.source.name ?? "Job");
  if (end !== undefined && !isDeleting.value) return <Gone known={job} why={end} />;
  if (job === undefined) return <p class="muted">Asking the server …</p>;
  const deleted = () => {
    isDeleting.value = true;
  };
  return (
    <div class="stack job">
      <div class="row apart">
        <div class="row">
          <h1>{job.source.name}</h1>
          <JobState job={job} />
        </div>
        <Actions job={job} onDelete={deleted} />
      </div>
      <div class="standing">
        <Progress job={job} />
        <Matter job={job} watched={watched} fleet={fleet} />
      </div>
      <div class="job_columns">
        <div class="stack">
          <Picture job={job} watched={watched} nameOf={fleet.nameOf} />
          <div class="job_pair">
            <Timeline job={job} />
            <History job={job} />
          </div>
        </div>
        <div class="stack">
          <Hands hands={watched.hands} lit={watched.lit} nameOf={fleet.nameOf} />
          <Throughput
            {...{ pace: watched.pace, now: watched.now, nameOf: fleet.nameOf }}
            isUnderWay={!hasEnded(job)}
          />
          <Facts job={job} nowMs={watched.now.value} />
        </div>
      </div>
    </div>
  );
}

/** What is the matter with the job, if anything is. */
function Matter(props: { readonly job: JobView; readonly watched: Watched; readonly fleet: Fleet }) {
  const { job, watched, fleet } = props;
  const isLost = connection.value === "lost";
  const { word, more } = lookOf(job);
  const condition = conditionOf(job, {
    quiet: word === "Stalled" ? more : undefined,
    liveWorkers: isLost ? undefined : fleet.live.value,
    nowMs: Math.max(watched.now.value, Date.now()),
  });
  if (isLost)
    return (
      <Said tone="warn" title="The connection is lost">
        This is how the job stood before. It goes on without you, and so does this page once the server
        answers.
      </Said>
    );
  if (condition === undefined) return null;
  return (
    <Said tone={condition.tone} title={condition.title}>
      {condition.text}
    </Said>
  );
}

function Said(props: {
  readonly tone: string;
  readonly title: string;
  readonly children: preact.ComponentChildren;
}) {
  return (
    <div class="said" data-tone={props.tone} role={props.tone === "bad" ? "alert" : "status"}>
      <Icon name={props.tone === "idle" ? "help" : "warning"} />
      <p>
        <strong>{props.title}.</strong> {props.children}
      </p>
    </div>
  );
}

/** In place of a job that is not there. */
function Gone({ known, why }: { readonly known: JobView | undefined; readonly why: string }) {
  const isMissing = why === "gone" || why === "job_not_found";
  const [icon, title, text] = !isMissing
    ? (["warning", "The job cannot be shown", publicSentence(why as ErrorCode)] as const)
    : known === undefined
      ? ([
          "search",
          "There is no such job",
          "It was deleted, its address is mistyped, or it is somebody else's.",
        ] as const)
      : ([
          "trash",
          `${known.source.name} was deleted`,
          "Somebody deleted this job, or it was kept for as long as jobs are. Its files are gone.",
        ] as const);
  return (
    <>
      <h1 class="unseen">Job</h1>
      <Empty icon={icon} title={title}>
        <p>{text}</p>
        <a class="button" href={hrefOf("jobs")}>
          To the jobs
        </a>
      </Empty>
    </>
  );
}
