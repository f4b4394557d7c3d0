/** Schemas that several routes share. */
import { FormatRegistry, Type } from "@sinclair/typebox";
import { strict } from "./route.ts";

const Id = Type.String({
  minLength: 1,
  maxLength: 100,
  description: "Identifier, as it was given out.",
  examples: ["0b7c9a52-6a0f-4c57-9a3e-1f2d8c9be911"],
});

export const ById = strict({ id: Id });

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
FormatRegistry.Set("date-time", (text) => RFC_3339.test(text) && !Number.isNaN(Date.parse(text)));

export const Time = Type.String({ format: "date-time", description: "RFC 3339, in UTC." });

export const Step = Type.Object(
  { op: Type.String() },
  { description: "One step: the op's name and its parameters.", additionalProperties: Type.Unknown() },
);
