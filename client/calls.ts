import type { Static, TSchema } from "@sinclair/typebox";
import type { Params, Query, Route, StreamedBody } from "../shared/api/route.ts";
import type { Operation, ROUTES } from "../shared/api/routes.ts";

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Headers beside those that the client sets itself. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Until the server begins to answer; 0 waits for ever, as is usual where bytes are sent. */
  readonly timeoutMs?: number;
  /** How often it is tried again, if it may be. */
  readonly retries?: number;
}

/** A body as `fetch` sends it. A stream is sent once; what makes one can be asked for another. */
export type Sendable =
  | Blob
  | Uint8Array<ArrayBuffer>
  | FormData
  | ReadableStream<Uint8Array>
  | (() => ReadableStream<Uint8Array>);

/** What may be streamed may be sent as JSON too, where the route says so. */
type Json<B extends StreamedBody> = B["streamed"] extends {
  readonly "application/json": infer S extends TSchema;
}
  ? Static<S>
  : never;

type BodyOf<R extends Route> = R["body"] extends infer B extends StreamedBody
  ? { readonly body: Sendable | Json<B> }
  : R["body"] extends TSchema
    ? { readonly body: Static<R["body"]> }
    : Record<never, never>;

/** What may be left out may be undefined, too. */
type Flat<T> = { [K in keyof T]: Record<never, never> extends Pick<T, K> ? T[K] | undefined : T[K] };

/** All that a call says, by name: what stands in the path, in the query, and the body. */
export type Args<R extends Route> = Flat<Params<R> & Query<R> & BodyOf<R>>;

type Gives<A> = A extends { readonly schema: infer S extends TSchema }
  ? Static<S>
  : A extends { readonly types: readonly string[] }
    ? Response
    : undefined;

type AnyAnswer<R extends Route> = Gives<R["answers"][keyof R["answers"]]>;

/** The JSON of an answer; for one of bytes the whole `Response`; undefined for one of nothing. */
export type Answer<R extends Route> =
  Extract<AnyAnswer<R>, Response> extends never ? AnyAnswer<R> : Extract<AnyAnswer<R>, Response>;

/** A route as a method. @throws TesseraError */
type Method<R extends Route> = keyof Args<R> extends never
  ? (args?: Record<string, never>, options?: CallOptions) => Promise<Answer<R>>
  : Partial<Args<R>> extends Args<R>
    ? (args?: Args<R>, options?: CallOptions) => Promise<Answer<R>>
    : (args: Args<R>, options?: CallOptions) => Promise<Answer<R>>;

/** Every route of the table as a method by its operation's name. */
export type Calls = { readonly [K in Operation]: Method<(typeof ROUTES)[K]> };
