import type { Answered, Body, Headers, Params, Query, Route, RouteTable } from "../../shared/api/route.ts";
import type { TesseraError } from "../../shared/errors.ts";
import type { Caller } from "../access/caller.ts";
import type { SocketOutlet } from "./events/socket.ts";

/** A request, read and allowed: what a handler gets. */
export interface Call<R extends Route> {
  readonly params: Params<R>;
  readonly query: Query<R>;
  readonly headers: Headers<R>;
  readonly body: Body<R>;
  /** Of a body that is not JSON, its bytes as they come. @throws upload_too_slow */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Whoever reads `bytes` gets no more of them, but this. */
  endBytes(reason: TesseraError): void;
  readonly request: Request;
  readonly caller: Caller;
  /** Of the answer that is JSON; a handler that makes its own Response gives it its own headers. */
  readonly answerHeaders: globalThis.Headers;
  /** This request may take as long as it takes: bytes are on their way. */
  noTimeout(): void;
  /** This answer's end is nobody's affair but its reader's: nothing is said for long, and nobody hangs up for it. */
  stayOpen(): void;
  /** Makes a WebSocket of the request. @returns whether it asks for one, in good form */
  upgrade(outlet: SocketOutlet): boolean;
}

/** Answers with the route's JSON, or with a Response of its own for anything else. */
type Handler<R extends Route> = (call: Call<R>) => Reply<R> | Promise<Reply<R>>;
type Reply<R extends Route> = Answered<R> | Response;

/** One handler for each route of a table. */
export type Handlers<T extends RouteTable> = { readonly [K in keyof T]: Handler<T[K]> };
