import { randomBytes } from "node:crypto";
import type { KeyView } from "../../shared/api/key.ts";
import type { Scope } from "../../shared/api/scopes.ts";
import { TesseraError } from "../../shared/errors.ts";
import type { KeyRecord, KeyStore } from "../store/keys.ts";
import { hashOf, newSecret, sameHash } from "./secret.ts";

const KEYS_MAX = 1000;
const ID_BYTES = 8;

/** `tsk_`, the public id, the secret: so that scanners find one that was published, and people know what it is. */
const PATTERN = /^tsk_([0-9a-f]{16})_([\w-]{43})$/;

/** What an id that does not exist is compared with, so that it takes as long as one that does. */
const NOBODY = hashOf("");

export interface KeyRequest {
  readonly name: string;
  /** The name if left out. */
  readonly owner?: string;
  readonly scopes: readonly Scope[];
  readonly expiresMs?: number;
}

/** Is meant as one of our keys, not as somebody else's token. */
export const looksLikeKey = (text: string): boolean => text.startsWith("tsk_");

/** API keys: made, checked, revoked. */
export class Keys {
  constructor(
    private readonly store: KeyStore,
    readonly now: () => number,
  ) {}

  /** `secret` is the whole key; it cannot be had again. @throws too_many_keys */
  create({ name, owner = name, scopes, expiresMs }: KeyRequest): { key: KeyRecord; secret: string } {
    if (this.store.count() >= KEYS_MAX) throw new TesseraError("too_many_keys");
    const id = randomBytes(ID_BYTES).toString("hex");
    const secret = newSecret();
    const key = { id, name, owner, scopes, createdMs: this.now(), expiresMs: expiresMs ?? null };
    this.store.insert(key, hashOf(secret));
    return { key: { ...key, lastUsedMs: null, revokedMs: null }, secret: `tsk_${id}_${secret}` };
  }

  list(): KeyRecord[] {
    return this.store.list();
  }

  /** At once, and with it the sessions that were begun with it. @throws key_not_found */
  revoke(id: string): KeyRecord {
    if (!this.store.revoke(id, this.now())) throw new TesseraError("key_not_found");
    return this.store.find(id)!.key;
  }

  /** Whether there ever was one. */
  any(): boolean {
    return this.store.any();
  }

  /** The key that a text is. @throws unauthorized */
  check(text: string): KeyRecord {
    const [, id = "", secret = ""] = PATTERN.exec(text) ?? [];
    const found = this.store.find(id);
    const same = sameHash(hashOf(secret), found?.hash ?? NOBODY);
    if (found === undefined || !same) throw new TesseraError("unauthorized", "There is no such key.");
    return this.alive(found.key);
  }

  /** A key that may be used now. @throws unauthorized; it says why, since the caller has shown the secret */
  alive(key: KeyRecord): KeyRecord {
    const nowMs = this.now();
    if (key.revokedMs !== null) throw new TesseraError("unauthorized", "The key has been revoked.");
    if (key.expiresMs !== null && key.expiresMs <= nowMs)
      throw new TesseraError("unauthorized", "The key has expired.");
    this.store.noteUse(key, nowMs);
    return key;
  }
}

const timeOf = (ms: number): string => new Date(ms).toISOString();

/** A key as it is shown. */
export function keyView({ id, name, owner, scopes, ...times }: KeyRecord): KeyView {
  const { createdMs, expiresMs, lastUsedMs, revokedMs } = times;
  return {
    ...{ id, name, owner, scopes: [...scopes], created_at: timeOf(createdMs) },
    ...(expiresMs !== null && { expires_at: timeOf(expiresMs) }),
    ...(lastUsedMs !== null && { last_used_at: timeOf(lastUsedMs) }),
    ...(revokedMs !== null && { revoked_at: timeOf(revokedMs) }),
  };
}
