import { asTesseraError, httpStatus, isRetryable, publicSentence } from "../../shared/errors.ts";
import { log } from "../../shared/log.ts";

/** An error as RFC 9457 `application/problem+json`. What we did not expect is told by its code alone. */
export function problem(thrown: unknown, requestId?: string): Response {
  const error = asTesseraError(thrown);
  const request = requestId === undefined ? {} : { request_id: requestId };
  if (error.code === "internal")
    log.error("A request has failed by a fault of ours.", { ...request, err: error.cause ?? error });
  const status = httpStatus(error.code);
  const body = {
    type: `urn:tessera:error:${error.code}`,
    title: publicSentence(error.code),
    status,
    code: error.code,
    ...(error.detail !== "" && { detail: error.detail }),
    retryable: isRetryable(error.code),
    ...request,
  };
  const headers = {
    "content-type": "application/problem+json",
    ...(error.code === "unauthorized" && { "www-authenticate": 'Bearer realm="tessera"' }),
    ...(error.retryAfterS !== undefined && { "retry-after": `${error.retryAfterS}` }),
  };
  return new Response(JSON.stringify(body), { status, headers });
}
