import { type Static, Type } from "@sinclair/typebox";
import { Time } from "./common.ts";
import { SHOWN_TEXT } from "./job.ts";
import { strict } from "./route.ts";
import { SCOPES } from "./scopes.ts";

const Scopes = Type.Array(Type.Union(SCOPES.map((scope) => Type.Literal(scope))), {
  minItems: 1,
  maxItems: SCOPES.length,
  uniqueItems: true,
  description: "What its bearer may do.",
});

/** Shown on terminals and in logs, so without control characters and ends of lines. */
const label = (description: string) =>
  Type.String({
    minLength: 1,
    maxLength: 100,
    pattern: SHOWN_TEXT,
    description,
  });

export const NewKeySchema = strict({
  name: label("What it is called, for people."),
  owner: Type.Optional(label("Whose jobs are sent and seen with it; its name if left out.")),
  scopes: Scopes,
  expires_at: Type.Optional(Time),
});

/** An API key as it is shown; its secret is not known any more. */
export const KeySchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    owner: Type.String(),
    scopes: Scopes,
    created_at: Time,
    expires_at: Type.Optional(Time),
    last_used_at: Type.Optional(Type.Unsafe<string>({ ...Time, description: "To the minute." })),
    revoked_at: Type.Optional(Time),
  },
  { $id: "Key" },
);

export type KeyView = Static<typeof KeySchema>;
