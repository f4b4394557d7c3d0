import { OptionalKind, type TObject, type TSchema } from "@sinclair/typebox";
import { type ErrorCode, httpStatus, publicSentence } from "../../errors.ts";
import { Problem } from "../common.ts";
import { type Answer, isStreamed, type Route } from "../route.ts";
import { errorsOf } from "../routes.ts";
import type { Scope } from "../scopes.ts";
import type { JsonSchema, SchemaCollector } from "./schemas.ts";

type Place = "path" | "query" | "header";

interface Parameter {
  readonly name: string;
  readonly in: Place;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
  readonly explode?: false;
}

export interface Header {
  readonly description?: string;
  readonly schema: JsonSchema;
}

type Content = Readonly<Record<string, { readonly schema?: JsonSchema }>>;

interface Response {
  readonly description: string;
  readonly headers: Readonly<Record<string, Header | { readonly $ref: string }>>;
  readonly content?: Content;
}

export interface OperationObject {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Readonly<Record<string, readonly Scope[]>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Content;
  };
  readonly responses: Readonly<Record<string, Response>>;
  /** OpenAPI has no word for it. */
  readonly "x-messages"?: { readonly said: JsonSchema; readonly told: JsonSchema };
}

/** One route of the table as OpenAPI tells it. */
export function operationOf(
  operationId: string,
  route: Route,
  schemas: SchemaCollector,
  logins: readonly string[],
): OperationObject {
  const { tag, summary, description, scope, messages } = route;
  const parameters = [
    ...parametersOf("path", route.params, schemas),
    ...parametersOf("query", route.query, schemas),
    ...parametersOf("header", route.headers, schemas),
  ];
  const requestBody = bodyOf(route, schemas);
  return {
    ...{ operationId, tags: [tag], summary, ...(description !== undefined && { description }) },
    security: scope === "open" ? [] : logins.map((login) => ({ [login]: scope === "known" ? [] : [scope] })),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody !== undefined && { requestBody }),
    responses: responsesOf(route, schemas),
    ...(messages && { "x-messages": { said: schemas.add(messages.said), told: schemas.add(messages.told) } }),
  };
}

function parametersOf(place: Place, object: TObject | undefined, schemas: SchemaCollector): Parameter[] {
  return Object.entries(object?.properties ?? {}).map(([name, property]) => {
    const { description, ...schema } = property as TSchema;
    return {
      ...{ name, in: place },
      required: place === "path" || (schema[OptionalKind] !== "Optional" && schema.default === undefined),
      ...(description !== undefined && { description }),
      schema: schemas.add(schema as TSchema),
      // Lists stand in one text, with commas.
      ...(schema.type === "array" && place === "query" && { explode: false as const }),
    };
  });
}

function bodyOf({ body }: Route, schemas: SchemaCollector): OperationObject["requestBody"] {
  if (body === undefined) return undefined;
  if (!isStreamed(body))
    return { required: true, content: { "application/json": { schema: schemas.add(body) } } };
  const content = Object.entries(body.streamed).map(([type, schema]) => [
    type,
    { schema: schemas.add(schema) },
  ]);
  return { required: body.required ?? true, content: Object.fromEntries(content) };
}

/** What the HTTP server says before we see the request. */
const TOO_LONG: Response = {
  description: "The address and the headers are longer than the server reads. Send what is long in the body.",
  headers: {},
};

/** By status, in order: what it answers and what it may fail with. */
function responsesOf(route: Route, schemas: SchemaCollector): OperationObject["responses"] {
  const answers = Object.entries(route.answers).map(
    ([status, answer]) => [Number(status), answered(answer, schemas)] as const,
  );
  const responses = new Map<number, Response>(answers);
  for (const [status, codes] of Map.groupBy(errorsOf(route), httpStatus)) {
    const failed = failedWith(status, codes, schemas);
    const usual = responses.get(status);
    responses.set(status, usual === undefined ? failed : both(usual, failed));
  }
  responses.set(431, TOO_LONG);
  return Object.fromEntries([...responses].map(([status, response]) => [`${status}`, response]));
}

function answered(answer: Answer, schemas: SchemaCollector): Response {
  const headers = Object.entries(answer.headers ?? {}).map(([name, property]) => {
    const { description, ...schema } = property;
    const said = description === undefined ? {} : { description };
    return [name, { ...said, schema: schemas.add(schema as TSchema) }];
  });
  return {
    description: answer.about,
    headers: { ...Object.fromEntries(headers), ...ALWAYS },
    ...contentOf(answer, schemas),
  };
}

function contentOf(answer: Answer, schemas: SchemaCollector): { content?: Content } {
  if ("schema" in answer) return { content: { "application/json": { schema: schemas.add(answer.schema) } } };
  if ("types" in answer) return { content: Object.fromEntries(answer.types.map((type) => [type, {}])) };
  return {};
}

/** Headers that any answer has; told once, in the document's components. */
export const COMMON_HEADERS: Readonly<Record<string, Header>> = {
  "X-Request-Id": {
    description: "To be found in the log by. Yours, if you have sent one that is fit for it.",
    schema: { type: "string" },
  },
  RateLimit: {
    description: "What is left to you of each limit, and until when.",
    schema: { type: "string" },
  },
  "RateLimit-Policy": { description: "The limits.", schema: { type: "string" } },
};

const ALWAYS = Object.fromEntries(
  Object.keys(COMMON_HEADERS).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);

const RETRY_AFTER = {
  "Retry-After": { description: "Seconds to wait.", schema: { type: "integer", minimum: 0 } },
};

/** Headers that come with problems of a status, whatever the route. */
const PROBLEM_HEADERS: Readonly<Record<number, Readonly<Record<string, Header>>>> = {
  401: { "WWW-Authenticate": { description: "How to log in.", schema: { type: "string" } } },
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};

function failedWith(status: number, codes: readonly ErrorCode[], schemas: SchemaCollector): Response {
  const schema = {
    allOf: [schemas.add(Problem), { properties: { code: { type: "string", enum: codes.toSorted() } } }],
  };
  return {
    description: codes
      .toSorted()
      .map((code) => `- \`${code}\`: ${publicSentence(code)}`)
      .join("\n"),
    headers: { ...PROBLEM_HEADERS[status], ...ALWAYS },
    content: { "application/problem+json": { schema } },
  };
}

const both = (usual: Response, failed: Response): Response => ({
  description: `${usual.description}\n\n${failed.description}`,
  headers: { ...usual.headers, ...failed.headers },
  content: { ...usual.content, ...failed.content },
});
