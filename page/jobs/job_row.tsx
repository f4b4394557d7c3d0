import { type ReadonlySignal, type Signal, useComputed } from "@preact/signals";
import type { TargetedMouseEvent } from "preact";
import type { JobView } from "../../client/client.ts";
import { publicSentence } from "../../shared/errors.ts";
import { formatText } from "../../shared/pipeline/text.ts";
import { Ago } from "../design/ago.tsx";
import { bytes, duration, megapixels, pixels, short, whole } from "../design/format.ts";
import { Meter } from "../design/meter.tsx";
import { hrefOf } from "../shell/router.ts";
import type { BulkRequest } from "./bulk_dialog.tsx";
import type { Row } from "./job_list.ts";
import { JobMenu } from "./job_menu.tsx";
import { JobState } from "./job_state.tsx";
import { lookOf, shareDone } from "./look.ts";
import { Thumbnail } from "./thumbnail.tsx";

export interface RowProps {
  readonly row: Signal<Row>;
  readonly isChosen: ReadonlySignal<boolean>;
  /** Nothing where one may not do anything with jobs. */
  readonly onChoose: ((isRange: boolean) => void) | undefined;
  readonly showsOwner: boolean;
  readonly showsBatch: boolean;
  readonly asked: Signal<BulkRequest | undefined>;
}

export function JobRow({ row, isChosen, onChoose, showsOwner, showsBatch, asked }: RowProps) {
  const { job, isGone } = row.value;
  const { source, output, pipeline, owner } = job;
  return (
    <tr data-id={job.id} aria-selected={onChoose && isChosen.value} data-gone={isGone}>
      {onChoose && (
        <td class="pick">
          <label>
            <input
              type="checkbox"
              aria-label={`Select ${source.name}`}
              checked={isChosen}
              disabled={isGone}
              onClick={(event: TargetedMouseEvent<HTMLInputElement>) => onChoose(event.shiftKey)}
            />
          </label>
        </td>
      )}
      <td class="picture">
        <Thumbnail job={job} />
      </td>
      <td class="name">
        {isGone ? <span>{source.name}</span> : <a href={hrefOf("job", job.id)}>{source.name}</a>}
        <Beside job={job} batch={showsBatch ? job.batch : undefined} />
      </td>
      <td class="state">{isGone ? <span class="muted">Deleted</span> : <JobState job={job} />}</td>
      <td class="progress">
        <Progress row={row} />
      </td>
      <td class="size number">
        <span title={megapixels(source.width, source.height)}>{pixels(source.width, source.height)}</span>
        <span class="muted">
          {bytes(source.bytes)}
          {output.bytes !== undefined && ` → ${bytes(output.bytes)}`}
        </span>
      </td>
      <td class="pipeline" title={formatText(pipeline)}>
        {pipeline.map(({ op }) => op).join(" → ") || "unchanged"}
        <span class="muted"> → {output.format}</span>
      </td>
      {showsOwner && <td class="owner">{owner}</td>}
      <td class="age">
        <Ago time={job.created_at} />
        <span class="muted number">{job.ended_at !== undefined && `took ${duration(job.wall_ms)}`}</span>
      </td>
      <td class="more">{!isGone && <JobMenu job={job} asked={asked} />}</td>
    </tr>
  );
}

interface BesideProps {
  readonly job: JobView;
  readonly batch: string | undefined;
}

/** What went wrong, or else what it was labelled with. */
function Beside({ job: { error, labels }, batch }: BesideProps) {
  if (error !== undefined)
    return (
      <span class="fault" title={error.message}>
        {publicSentence(error.code)}
      </span>
    );
  const label = Object.entries(labels).map(([name, value]) => `${name}:${value}`);
  if (label.length === 0 && batch === undefined) return null;
  return (
    <span class="muted labels">
      {batch !== undefined && <a href={hrefOf("batch", batch)}>in a batch</a>}
      {label.map((each) => (
        <a key={each} href={hrefOf("jobs", "", new URLSearchParams({ label: each }).toString())}>
          {each}
        </a>
      ))}
    </span>
  );
}

function Progress({ row }: { readonly row: Signal<Row> }) {
  const text = useComputed(() => progressOf(row.value.job));
  const { job } = row.value;
  return (
    <>
      <Meter label={`Done of ${job.source.name}`} share={shareDone(job)} tone={lookOf(job).tone} />
      <span class="muted number">{text}</span>
    </>
  );
}

function progressOf({ state, progress }: JobView): string {
  const { tiles_done, tiles_total, tiles_per_second, seconds_left } = progress;
  if (state === "done") return tiles_total === 1 ? "1 tile" : `${whole(tiles_total)} tiles`;
  const tiles = `${whole(tiles_done)} of ${whole(tiles_total)} tiles`;
  if (state !== "running" || tiles_per_second === 0 || tiles_done === tiles_total) return tiles;
  const left = seconds_left === undefined ? "" : `, ${duration(1000 * seconds_left)} left`;
  return `${tiles}, ${short(tiles_per_second)}/s${left}`;
}
