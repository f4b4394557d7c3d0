import { Type } from "@sinclair/typebox";
import { Time } from "../common.ts";
import { routes } from "../route.ts";
import { SCOPES } from "../scopes.ts";

const Session = Type.Object(
  {
    owner: Type.String({ description: "Whose jobs you send and see." }),
    name: Type.String(),
    scopes: Type.Array(Type.Union(SCOPES.map((scope) => Type.Literal(scope)))),
    by: Type.Union(
      (["nothing", "key", "session", "token"] as const).map((by) => Type.Literal(by)),
      {
        description: "How you have said so; by nothing at all where the server is open to its own machine.",
      },
    ),
    key: Type.Optional(Type.String({ description: "Id of the key that you sent or signed in with." })),
    expires_at: Type.Optional(Time),
  },
  { $id: "Session" },
);

const Whoami = { about: "Who you are, and what you may do.", schema: Session } as const;

export const SESSION = routes({
  getSession: {
    ...{ method: "get", path: "/v1/session", tag: "session", scope: "known" },
    summary: "See who you are",
    answers: { 200: Whoami },
    errors: [],
  },
  signIn: {
    ...{ method: "post", path: "/v1/session", tag: "session", scope: "known" },
    summary: "Sign a browser in with an API key",
    description: "Send the key as ever. Sets a cookie that scripts cannot read and other sites cannot use.",
    answers: { 200: Whoami },
    errors: [],
  },
  signOut: {
    ...{ method: "delete", path: "/v1/session", tag: "session", scope: "open" },
    summary: "Sign a browser out",
    answers: { 204: { about: "Nobody is signed in any more." } },
    errors: ["origin_refused"],
  },
});
