import type { TileState } from "../../../shared/api/states.ts";
import { duration } from "../../design/format.ts";
import type { TileNow } from "./board.ts";

const STATES: Readonly<Record<TileState, string>> = {
  waiting: "waiting",
  in_flight: "in flight",
  done: "done",
  failed: "failed",
};

/** All that is known of a tile, in a line. It is named as in errors and in the log. */
export function tileWords(
  stage: number,
  { column, row, state, attempt, worker, ms }: TileNow,
  nameOf: (worker: string) => string,
): string {
  const who = worker === undefined ? "" : ` ${state === "in_flight" ? "with" : "by"} ${nameOf(worker)}`;
  const parts = [`Tile ${column},${row} of stage ${stage}: ${STATES[state]}${who}`];
  if (attempt > 1) parts.push(`attempt ${attempt}`);
  if (state === "done" && ms > 0) parts.push(duration(ms));
  return parts.join(" · ");
}
