import { Type } from "@sinclair/typebox";
import { ById } from "../common.ts";
import { KeySchema, NewKeySchema } from "../key.ts";
import { routes } from "../route.ts";

const Secret = Type.String({ description: "The key itself. It is shown this once." });

export const KEYS = routes({
  listKeys: {
    ...{ method: "get", path: "/v1/keys", tag: "keys", scope: "admin" },
    summary: "List API keys, the newest first",
    answers: { 200: { about: "Keys.", schema: Type.Object({ keys: Type.Array(KeySchema) }) } },
    errors: [],
  },
  createKey: {
    ...{ method: "post", path: "/v1/keys", tag: "keys", scope: "admin" },
    summary: "Make an API key",
    description:
      "The first key closes a server that was open to its own machine: from then on everybody needs one.",
    body: NewKeySchema,
    answers: {
      201: {
        about: "The key, with its secret.",
        schema: Type.Object({ key: KeySchema, secret: Secret }),
      },
    },
    errors: ["content_type_unsupported", "too_many_keys"],
  },
  revokeKey: {
    ...{ method: "delete", path: "/v1/keys/{id}", tag: "keys", scope: "admin", params: ById },
    summary: "Revoke an API key",
    description: "At once, and with it the sessions that were begun with it.",
    answers: { 200: { about: "The key as it is now.", schema: KeySchema } },
    errors: ["key_not_found"],
  },
});
