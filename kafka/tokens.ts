/** What an OAuth server would do: signs tokens (JWT) by a key that the broker knows from a file. */
import { writeFileSync } from "node:fs";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" } as const;
const KEY_NAME = "local";
const LIFETIME_S = 300;

/** The broker takes tokens of this issuer for this audience only. */
export const ISSUER = "tessera-local";
export const AUDIENCE = "kafka";

export interface Claims {
  /** The user. */
  readonly sub: string;
  readonly iss?: string;
  readonly aud?: string;
  /** Seconds since 1970; five minutes from now if left out. */
  readonly exp?: number;
}

export type TokenSigner = (claims: Claims) => Promise<string>;

/** @param keysFile the public key goes there (a JSON Web Key Set) */
export async function tokenSigner(keysFile: string): Promise<TokenSigner> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const keys = [{ kty, crv, x, y, kid: KEY_NAME, alg: "ES256", use: "sig" }];
  writeFileSync(keysFile, JSON.stringify({ keys }));
  return async (claims) => {
    const now = Math.floor(Date.now() / 1000);
    const body = { iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + LIFETIME_S, ...claims };
    const signed = `${part({ alg: "ES256", kid: KEY_NAME, typ: "JWT" })}.${part(body)}`;
    const signature = await crypto.subtle.sign(SIGNATURE, pair.privateKey, Buffer.from(signed));
    return `${signed}.${Buffer.from(signature).toString("base64url")}`;
  };
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
