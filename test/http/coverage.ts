import type { Route } from "../../shared/api/route.ts";
import { ROUTES } from "../../shared/api/routes.ts";
import type { ErrorCode } from "../../shared/errors.ts";

/** Where tests note the answers that they have seen, a line each, if the runner wants to know. */
export const ANSWERS_FILE = process.env.TEST_ANSWERS;

/** What no test provokes, and why not. */
const UNPROVOKED: Readonly<Record<string, string>> = {};

/**
 * What the table of routes promises and the notes do not have: a success of each route and each error of its own; then
 * what is excused and was seen all the same.
 */
export function unprovoked(notes: string, excused = UNPROVOKED): string[] {
  const seen = new Set<string>();
  for (const line of notes.split("\n")) {
    const [operation = "", status = "", code = ""] = line.split(" ");
    seen.add(`${operation} ${code === "" && status < "400" ? "success" : code}`);
  }
  const promised = Object.entries(ROUTES as Readonly<Record<string, Route>>).flatMap(
    ([operation, { errors }]) =>
      ["success", ...(errors as readonly ErrorCode[])].map((what) => `${operation} ${what}`),
  );
  const missing = promised.filter((what) => !seen.has(what) && excused[what] === undefined);
  const stale = Object.keys(excused).filter((what) => seen.has(what) || !promised.includes(what));
  return [...missing, ...stale.map((what) => `${what} (is excused, but need not be)`)];
}
