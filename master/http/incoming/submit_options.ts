import type { Static } from "@sinclair/typebox";
import type { JOBS, SUBMIT_JSON } from "../../../shared/api/routes/jobs.ts";
import type { SubmitRequest } from "../../jobs/submission.ts";
import { labelOf } from "../handlers/job_filter.ts";
import type { Call } from "../route_call.ts";

export type SubmitCall = Call<typeof JOBS.submitJob>;

/** What is asked for beside the image: from a query or a form, or from JSON. */
export type SubmitFields = SubmitCall["query"] | Omit<Static<typeof SUBMIT_JSON>, "source">;

const UNIT_S = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

export function requestOf(fields: SubmitFields): Omit<SubmitRequest, "source"> {
  const {
    pipeline = "",
    name: _,
    profile,
    tile_size,
    priority,
    labels,
    expires_in,
    webhook,
    ...output
  } = fields;
  return {
    ...{ pipeline, output: output as NonNullable<SubmitRequest["output"]> },
    ...(profile && { profile }),
    ...(tile_size !== undefined && { tileSize: tile_size }),
    ...(priority !== undefined && { priority }),
    ...(webhook !== undefined && { webhook }),
    ...(labels && { labels: Array.isArray(labels) ? Object.fromEntries(labels.map(labelOf)) : labels }),
    ...(expires_in !== undefined && { keepMs: durationMs(expires_in) }),
  };
}

/** `90`, `90s`, `15m`, `24h` or `7d`. */
function durationMs(text: string): number {
  const [, count, unit = "s"] = /^(\d+)([smhd])?$/.exec(text)!;
  return Number(count) * UNIT_S[unit as keyof typeof UNIT_S] * 1000;
}

/** What moves a terminal's cursor, ends a line or turns the direction of text. */
const UNSEEN = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** A name to be shown: no folders, nothing that is not seen, not endless. */
export function cleanName(name: string): string {
  const base = name.split(/[\\/]/).at(-1) ?? "";
  const shown = base.toWellFormed().replace(UNSEEN, "");
  // Cut between characters: half of one cannot be written into a header.
  return [...shown.replace(/^\.+$/, "")].slice(0, 200).join("") || "image";
}
