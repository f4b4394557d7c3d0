import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { asTesseraError, type ErrorCode, TesseraError } from "../../errors.ts";

const ANSWER_LIMIT_MS = 10_000;
const ANSWER_BYTES_MAX = 64 * 1024;
/** A token is renewed so long before its end, or in the middle of a shorter life: before `LOGIN_ANEW_MS`. */
const MARGIN_S = 30;
/** Where the server does not say. */
const LIFETIME_S = 60;
const REASON_CHARACTERS_MAX = 200;

export interface ClientCredentials {
  /** The token endpoint; HTTPS, unless it is on this machine. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
  /** Some servers want to hear for whom the token is. */
  readonly audience?: string;
  /** The authorities of the server's certificate, as PEM; without it, those that the system trusts. */
  readonly ca?: string;
}

const Answer = Type.Object({
  access_token: Type.String({ minLength: 1 }),
  token_type: Type.Optional(Type.String({ pattern: "^[Bb][Ee][Aa][Rr][Ee][Rr]$" })),
  expires_in: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
});

const Refusal = Type.Object({
  error: Type.String(),
  error_description: Type.Optional(Type.String()),
});

/**
 * Gives an access token by the client-credentials grant of OAuth 2.0 (RFC 6749, section 4.4). A token is kept until
 * shortly before its end; who asks meanwhile, all at once too, gets the same.
 *
 * @param now milliseconds since 1970
 * @throws config_invalid; the function: bus_token_unavailable (try again), bus_token_refused
 */
export function clientCredentials(
  client: ClientCredentials,
  now: () => number = Date.now,
): () => Promise<string> {
  checkUrl(client.url);
  let kept: { readonly token: string; readonly renewMs: number } | undefined;
  let asking: Promise<string> | undefined;
  const renew = async () => {
    const askedMs = now();
    const { access_token, expires_in = LIFETIME_S } = await ask(client);
    const margin = Math.min(MARGIN_S, expires_in / 2);
    kept = { token: access_token, renewMs: askedMs + (expires_in - margin) * 1000 };
    return access_token;
  };
  return async () => {
    if (kept !== undefined && now() < kept.renewMs) return kept.token;
    asking ??= renew().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

/** The client's secret goes there. */
function checkUrl(text: string): void {
  const url = URL.parse(text);
  const isHere = url !== null && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isHere)) return;
  throw new TesseraError("config_invalid", "The token server's address must be an https:// URL.");
}

async function ask(client: ClientCredentials): Promise<Static<typeof Answer>> {
  const { scope, audience } = client;
  try {
    const response = await fetch(client.url, {
      method: "POST",
      headers: { authorization: basic(client), accept: "application/json" },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        ...(scope && { scope }),
        ...(audience && { audience }),
      }),
      redirect: "manual", // the secret is for nobody else
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      ...(client.ca && { tls: { ca: client.ca } }),
    });
    return read(response.status, await textOf(response));
  } catch (thrown) {
    throw asTesseraError(thrown, "bus_token_unavailable");
  }
}

/** RFC 6749, section 2.3.1 */
function basic({ clientId, clientSecret }: ClientCredentials): string {
  const [id, secret] = [clientId, clientSecret].map((text) =>
    new URLSearchParams({ "": text }).toString().slice(1),
  );
  return `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw new TesseraError("bus_token_refused", "Its answer is too long.");
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

function read(status: number, text: string): Static<typeof Answer> {
  const said = parsed(text);
  if (status === 200 && Value.Check(Answer, said)) return said;
  if (status === 200) throw new TesseraError("bus_token_refused", "Its answer has no bearer token.");
  const code: ErrorCode = status >= 500 || status === 429 ? "bus_token_unavailable" : "bus_token_refused";
  throw new TesseraError(code, `It answers with status ${status}${reasonOf(said)}.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the server gives as a reason, in printable ASCII as the RFC wants it. */
function reasonOf(said: unknown): string {
  if (!Value.Check(Refusal, said)) return "";
  const reason = [said.error, ...(said.error_description ? [said.error_description] : [])].join(", ");
  return `: ${reason.replaceAll(/[^ -~]/g, "?").slice(0, REASON_CHARACTERS_MAX)}`;
}
