import type { Caller } from "./caller.ts";

/** Tells who asks. */
export interface Gate {
  /**
   * Of any request, also one that is to become a WebSocket or a stream of events: whether the page that it comes from
   * may send it is checked too.
   *
   * @throws unauthorized, origin_refused, oidc_unavailable
   */
  identify(request: Request): Caller | Promise<Caller>;
}
