import { isErrorCode, publicSentence, TesseraError } from "../shared/errors.ts";

/** What a server answered instead of what it was asked for (RFC 9457). */
export class ProblemError extends TesseraError {
  /** Of the answer. */
  readonly status: number;
  /** Whether the same may go well later. */
  readonly retryable: boolean;
  /** By which the server's log knows the request. */
  readonly requestId: string | undefined;
  /** How long the server wants to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, { status, headers }: Response) {
    const known = isErrorCode(problem.code) ? problem.code : "server_unlike";
    // A newer server may know more codes; then its own words are all that we have.
    const unknown = known === problem.code ? "" : `It said: ${problem.title} (${problem.code})`;
    super(known, [unknown, problem.detail].filter(Boolean).join(" "));
    this.status = status;
    this.retryable = problem.retryable;
    this.requestId = headers.get("x-request-id") ?? undefined;
    this.retryAfterMs = readRetryAfter(headers.get("retry-after"));
  }
}

interface Problem {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly retryable: boolean;
}

/** More than any problem of ours needs. */
const SHOWN_CHARACTERS = 2000;

/** The error that an answer which is no success stands for. */
export async function problemOf(response: Response): Promise<TesseraError> {
  const { status } = response;
  const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json") === true;
  const body: unknown = isProblem ? await response.json().catch(() => undefined) : undefined;
  if (!isProblem) await response.body?.cancel();
  if (typeof body !== "object" || body === null) {
    const code = status === 401 ? "unauthorized" : status === 403 ? "forbidden" : "server_unlike";
    return new ProblemError(
      { code, title: publicSentence(code), detail: `It answered ${status}.`, retryable: status >= 502 },
      response,
    );
  }
  const { code, title, detail, retryable } = body as Record<string, unknown>;
  // We ask for nothing that is not in the table of routes: a server that does not know it has another table.
  const missing = code === "route_not_found" || code === "method_not_allowed";
  return new ProblemError(
    {
      code: missing ? "server_unlike" : text(code),
      title: text(title),
      detail: missing ? "It does not know what was asked of it; it may be older." : text(detail),
      retryable: retryable === true,
    },
    response,
  );
}

const text = (value: unknown): string =>
  typeof value === "string" ? value.slice(0, SHOWN_CHARACTERS).toWellFormed() : "";

/** Seconds, or a date. Source: RFC 9110 section 10.2.3. */
function readRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
