import type { KeyView } from "../../../shared/api/key.ts";
import type { KEYS } from "../../../shared/api/routes/keys.ts";
import type { Keys } from "../../access/keys.ts";
import type { KeyRecord } from "../../store/keys.ts";
import type { Handlers } from "../route_call.ts";

export const keyHandlers = (keys: Keys): Handlers<typeof KEYS> => ({
  listKeys: () => ({ keys: keys.list().map(keyView) }),
  createKey({ body }) {
    const { name, owner, scopes, expires_at } = body;
    const { key, secret } = keys.create({
      ...{ name, scopes },
      ...(owner !== undefined && { owner }),
      ...(expires_at !== undefined && { expiresMs: Date.parse(expires_at) }),
    });
    return { key: keyView(key), secret };
  },
  revokeKey: ({ params }) => keyView(keys.revoke(params.id)),
});

const timeOf = (ms: number): string => new Date(ms).toISOString();

/** A key as it is shown. */
function keyView({ id, name, owner, scopes, ...times }: KeyRecord): KeyView {
  const { createdMs, expiresMs, lastUsedMs, revokedMs } = times;
  return {
    ...{ id, name, owner, scopes: [...scopes], created_at: timeOf(createdMs) },
    ...(expiresMs !== null && { expires_at: timeOf(expiresMs) }),
    ...(lastUsedMs !== null && { last_used_at: timeOf(lastUsedMs) }),
    ...(revokedMs !== null && { revoked_at: timeOf(revokedMs) }),
  };
}
