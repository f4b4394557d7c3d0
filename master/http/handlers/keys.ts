import type { KEYS } from "../../../shared/api/routes/keys.ts";
import { TesseraError } from "../../../shared/errors.ts";
import { type Keys, keyView } from "../../access/keys.ts";
import type { Handlers } from "../route_call.ts";

export const keyHandlers = (keys: Keys): Handlers<typeof KEYS> => ({
  listKeys: () => ({ keys: keys.list().map(keyView) }),
  createKey({ body }) {
    const { name, owner, scopes, expires_at } = body;
    if (expires_at !== undefined && Date.parse(expires_at) <= keys.now())
      throw new TesseraError("request_invalid", "The body's /expires_at: expected a time to come.");
    const { key, secret } = keys.create({
      ...{ name, scopes },
      ...(owner !== undefined && { owner }),
      ...(expires_at !== undefined && { expiresMs: Date.parse(expires_at) }),
    });
    return { key: keyView(key), secret };
  },
  revokeKey: ({ params }) => keyView(keys.revoke(params.id)),
});
