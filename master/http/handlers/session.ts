import type { SESSION } from "../../../shared/api/routes/session.ts";
import type { Access } from "../../access/access.ts";
import type { Caller } from "../../access/caller.ts";
import type { Handlers } from "../route_call.ts";

export const sessionHandlers = ({ sessions, origins }: Access): Handlers<typeof SESSION> => ({
  getSession: ({ caller }) => sessionView(caller),
  signIn({ caller, answerHeaders }) {
    const session = sessions.begin(caller);
    answerHeaders.set("set-cookie", session.setCookie);
    return sessionView(session.caller);
  },
  signOut({ request }) {
    origins.checkSignOut(request);
    return new Response(null, { status: 204, headers: { "set-cookie": sessions.end(request) } });
  },
});

const sessionView = ({ owner, name, scopes, by, key, expiresMs }: Caller) => ({
  ...{ owner, name, scopes: [...scopes], by },
  ...(key !== undefined && { key }),
  ...(expiresMs !== undefined && { expires_at: new Date(expiresMs).toISOString() }),
});
