import { createHmac } from "node:crypto";

/**
 * The value of `Tessera-Signature`: the time in seconds since 1970, and the HMAC-SHA256 of that time, a dot and the
 * body. The time is signed too, so that a receiver can refuse what is old.
 */
export function signature(secret: string, nowMs: number, body: string): string {
  const seconds = Math.floor(nowMs / 1000);
  const mac = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${mac}`;
}
