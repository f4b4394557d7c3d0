import { createHmac } from "node:crypto";

/** What is derived for another purpose, or in another way, never comes to the same. */
const LABEL = "tessera webhooks 1: ";

/**
 * What signs the webhooks of one owner: 64 hexadecimal digits. It tells nothing of the server's secret, nor of what signs
 * those of others, so whoever can check their own can forge nobody else's.
 */
export const secretOf = (owner: string, serverSecret: string): string =>
  createHmac("sha256", serverSecret).update(`${LABEL}${owner}`).digest("hex");

/**
 * The value of `Tessera-Signature`: the time in seconds since 1970, and the HMAC-SHA256 of that time, a dot and the
 * body. The time is signed too, so that a receiver can refuse what is old.
 *
 * @param secret the owner's
 */
export function signature(secret: string, nowMs: number, body: string): string {
  const seconds = Math.floor(nowMs / 1000);
  const mac = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${mac}`;
}
