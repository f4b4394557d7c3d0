/** Schemas that several routes share. */
import { FormatRegistry, Type } from "@sinclair/typebox";
import type { ErrorCode } from "../errors.ts";
import { strict } from "./route.ts";

export const Id = Type.String({
  minLength: 1,
  maxLength: 100,
  description: "Identifier, as it was given out.",
});

export const ById = strict({ id: Id });

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
FormatRegistry.Set("date-time", (text) => RFC_3339.test(text) && !Number.isNaN(Date.parse(text)));

export const Time = Type.String({ format: "date-time", description: "RFC 3339, in UTC." });

export const Step = Type.Object(
  { op: Type.String() },
  { description: "One step: the op's name and its parameters.", additionalProperties: Type.Unknown() },
);

/** A failure, as RFC 9457 has it, and a code of ours. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: "The code as a URN." }),
    title: Type.String({ description: "What happened and what to do." }),
    status: Type.Integer({ description: "The answer's status." }),
    code: Type.Unsafe<ErrorCode>(Type.String({ description: "Stable; what a program goes by." })),
    detail: Type.Optional(Type.String({ description: "What exactly happened here." })),
    retryable: Type.Boolean({ description: "Whether the same request may work later." }),
    request_id: Type.Optional(
      Type.String({ description: "To be found in the log by; also in `X-Request-Id`." }),
    ),
  },
  { $id: "Problem" },
);

/** Jobs to which something was not done, each with the reason. */
export const Refusals = (description: string) =>
  Type.Array(Type.Object({ id: Type.String(), code: Type.Unsafe<ErrorCode>(Type.String()) }), {
    description,
  });

/** Headers of answers. */
export const Location = Type.String({ description: "The address of what was made." });
export const ETag = Type.String({ description: "Names these bytes, for `If-None-Match` and `If-Range`." });
export const FILE_HEADERS = {
  ETag,
  "Content-Disposition": Type.String({ description: "The file's name." }),
  "Accept-Ranges": Type.String(),
} as const;
