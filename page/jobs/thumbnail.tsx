import { useSignal } from "@preact/signals";
import type { JobView } from "../../client/client.ts";
import { Icon } from "../design/icon.tsx";

const SIZE = 48;
/** Beyond it an image that is only waiting is not decoded to be looked at. */
const PIXELS_MAX = 40e6;

/** Which picture of a job can be had without asking in vain: its source while it is at work, then its result. */
function pictureOf({ state, source, expires_at }: JobView): "source" | "result" | undefined {
  if (state === "done") return Date.parse(expires_at ?? "") <= Date.now() ? undefined : "result";
  if (state === "failed" || state === "cancelled") return undefined;
  return source.width * source.height <= PIXELS_MAX ? "source" : undefined;
}

/** What a job makes, or is made of, small; its place is kept until it comes, and where there is none. */
export function Thumbnail({ job }: { readonly job: JobView }) {
  const lost = useSignal("");
  const of = pictureOf(job);
  const src =
    of && `/v1/jobs/${job.id}/preview?${new URLSearchParams({ of, size: `${2 * SIZE}`, format: "webp" })}`;
  return (
    <span class="job_thumbnail">
      {src === undefined || lost.value === src ? (
        <Icon name="image" />
      ) : (
        <img
          {...{ src, width: SIZE, height: SIZE, loading: "lazy", decoding: "async" }}
          alt=""
          onError={() => {
            lost.value = src;
          }}
        />
      )}
    </span>
  );
}
