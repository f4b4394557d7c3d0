/** Everything that can be done over HTTP. */
import type { ErrorCode } from "../errors.ts";
import { isStreamed, type Route, type RouteTable } from "./route.ts";
import { BATCHES } from "./routes/batches.ts";
import { BULK } from "./routes/bulk.ts";
import { DEAD_LETTERS } from "./routes/dead_letters.ts";
import { EDITING } from "./routes/editing.ts";
import { EVENTS } from "./routes/events.ts";
import { JOBS } from "./routes/jobs.ts";
import { KEYS } from "./routes/keys.ts";
import { PICTURES } from "./routes/pictures.ts";
import { SESSION } from "./routes/session.ts";
import { SYSTEM } from "./routes/system.ts";
import { UPLOADS } from "./routes/uploads.ts";
import { WEBHOOKS } from "./routes/webhooks.ts";
import { WORKERS } from "./routes/workers.ts";

export const ROUTES = {
  ...BULK,
  ...JOBS,
  ...UPLOADS,
  ...BATCHES,
  ...WEBHOOKS,
  ...WORKERS,
  ...DEAD_LETTERS,
  ...EVENTS,
  ...PICTURES,
  ...EDITING,
  ...SYSTEM,
  ...KEYS,
  ...SESSION,
} as const satisfies RouteTable;

export type Operation = keyof typeof ROUTES;

/** All that a route may fail with: its own errors, and those that any route of its kind has. */
export function errorsOf({ scope, body, errors }: Route): ErrorCode[] {
  const access: readonly ErrorCode[] =
    scope === "open"
      ? []
      : ["unauthorized", "forbidden", "origin_refused", "oidc_unavailable", "server_busy"];
  const sent: ErrorCode[] = body === undefined ? [] : ["upload_too_slow"];
  const json: ErrorCode[] = body === undefined || isStreamed(body) ? [] : ["content_type_unsupported"];
  return [
    ...new Set<ErrorCode>([
      ...errors,
      "request_invalid",
      "rate_limited",
      ...sent,
      ...json,
      ...access,
      "bus_closed",
      "internal",
    ]),
  ];
}
