import { Badge } from "../design/badge.tsx";
import { now } from "../design/clock.ts";
import { lookOf, type Seen } from "./look.ts";

export { lookOf, shareDone } from "./look.ts";

export function JobState({ job }: { readonly job: Seen }) {
  // Only what may stall has to be looked at again while nothing is told of it.
  if (job.state === "running") now.value;
  const { tone, word, more } = lookOf(job);
  return (
    <span title={more}>
      <Badge tone={tone}>{word}</Badge>
    </span>
  );
}
