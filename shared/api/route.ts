import { type Static, type TObject, type TSchema, Type } from "@sinclair/typebox";
import type { ErrorCode } from "../errors.ts";
import type { Scope } from "./scopes.ts";

/** What a success looks like: JSON by a schema, other media types, or nothing (204, 304). */
export type Answer =
  | (Described & { readonly schema: TSchema })
  | (Described & { readonly types: readonly string[] })
  | Described;

interface Described {
  readonly about: string;
  /** What comes with it, always or at times, by the names of the headers. */
  readonly headers?: Readonly<Record<string, TSchema>>;
}

/** A body that a handler reads itself as it comes; what it may hold stands in the schemas, for the document. */
export interface StreamedBody {
  readonly streamed: Readonly<Record<string, TSchema>>;
  readonly required?: boolean;
}

/**
 * One thing that can be done over HTTP. Validation, the OpenAPI document and the client all come from it.
 *
 * Parameters in `params` and `query` are texts; they are read as what their schema says. What a schema does not name is
 * refused.
 */
export interface Route {
  readonly method: "get" | "post" | "put" | "patch" | "delete" | "options";
  /** As OpenAPI writes it: `/v1/jobs/{id}`. */
  readonly path: string;
  /** Which heading it stands under. */
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** What the caller must be allowed to do; `known` to everyone who says who they are, `open` to everyone at all. */
  readonly scope: Scope | "known" | "open";
  readonly params?: TObject;
  readonly query?: TObject;
  /** Headers that mean something here, by their names in lower case. */
  readonly headers?: TObject;
  /** Checked JSON, held in memory; or a stream. */
  readonly body?: TSchema | StreamedBody;
  /** Headers of every answer, failures too. */
  readonly always?: Readonly<Record<string, string>>;
  /** By status, the usual one first. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Of a connection on which messages go to and fro: what the caller says on it, and what it is told. */
  readonly messages?: { readonly said: TSchema; readonly told: TSchema };
  /** What it may fail with, beside what every route may (see `errorsOf`). */
  readonly errors: readonly ErrorCode[];
}

/** Routes by the name of their operation, which is the client's name for them too. */
export type RouteTable = Readonly<Record<string, Route>>;

/** Keeps the exact types of a table. */
export const routes = <const T extends RouteTable>(table: T): T => table;

export const isStreamed = (body: Route["body"]): body is StreamedBody =>
  body !== undefined && "streamed" in body;

/** The value of `params`, `query` or `headers` of a route; empty if it has none. */
type Part<R extends Route, K extends "params" | "query" | "headers"> = R[K] extends TObject
  ? Static<R[K]>
  : Record<never, never>;

export type Params<R extends Route> = Part<R, "params">;
export type Query<R extends Route> = Part<R, "query">;
export type Headers<R extends Route> = Part<R, "headers">;
export type Body<R extends Route> = R["body"] extends TSchema ? Static<R["body"]> : undefined;

/** The JSON that a route answers with; nothing where it answers with bytes. */
export type Answered<R extends Route> = R["answers"][keyof R["answers"]] extends infer A
  ? A extends { readonly schema: infer S extends TSchema }
    ? Static<S>
    : never
  : never;

/** An object that takes nothing but its own properties: a parameter that is mistyped is told. */
export const strict = <T extends Parameters<typeof Type.Object>[0]>(properties: T, options = {}) =>
  Type.Object(properties, { ...options, additionalProperties: false });
