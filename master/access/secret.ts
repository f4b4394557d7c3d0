import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const SECRET_BYTES = 32;

/** 256 random bits as a text that may stand in a header, a cookie and a shell. */
export const newSecret = (): string => randomBytes(SECRET_BYTES).toString("base64url");

/** Of a random secret of 256 bits, which nobody can guess: no salt and no slowness would add to it. */
export const hashOf = (secret: string): Uint8Array => createHash("sha256").update(secret).digest();

/** Takes as long whatever they are, as long as they are hashes. */
export const sameHash = (a: Uint8Array, b: Uint8Array): boolean => timingSafeEqual(a, b);
