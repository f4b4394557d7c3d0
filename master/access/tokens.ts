import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import { SCOPES, type Scope } from "../../shared/api/scopes.ts";
import type { Settings } from "../../shared/config/table.ts";
import { TesseraError } from "../../shared/errors.ts";
import { log } from "../../shared/log.ts";
import type { Caller } from "./caller.ts";

/** A provider whose access tokens are taken. */
export interface Provider {
  readonly issuer: string;
  readonly audience: string;
  /** The provider is asked if it is left out. */
  readonly jwksUrl?: string;
  /** Asymmetric ones only: with another kind, whoever knows the public key could sign. */
  readonly algorithms: readonly string[];
  readonly scopeClaim: string;
  readonly scopePrefix: string;
}

/** Undefined if there is none. */
export function providerOf({ oidc }: Pick<Settings, "oidc">): Provider | undefined {
  const { issuer, audience, jwks_url: jwksUrl, algorithms } = oidc;
  if (issuer === undefined || audience === undefined) return undefined;
  const { scope_claim: scopeClaim, scope_prefix: scopePrefix } = oidc;
  return { issuer, audience, algorithms, scopeClaim, scopePrefix, ...(jwksUrl && { jwksUrl }) };
}

/** Each question to the provider. */
const TIMEOUT_MS = 3000;
const ANSWER_BYTES_MAX = 1 << 20;
/** How far clocks may lie apart. */
const CLOCK_TOLERANCE_S = 30;
/** A provider that is away is written into the log so often. */
const COMPLAIN_EVERY_MS = 60_000;
/** A provider that has failed is left alone for so long, however many tokens come. */
const LEFT_ALONE_MS = 1000;
/** OpenID Connect Core 1.0, section 2: at most 255 characters. */
const SUBJECT = /^[^\p{Cc}\p{Cs}\u2028\u2029]{1,255}$/u;
/**
 * An access token's type (RFC 9068 section 4), or what many providers say instead. Others are signed with the same keys
 * and meant for something else (RFC 8725 section 3.11).
 */
const TYPE = /^(application\/)?([\w.+-]*\bat\+)?jwt$/i;
/** The last time that RFC 3339 can say. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

/** What of a provider's own description is needed. Source: OpenID Connect Discovery 1.0, section 3. */
const Discovery = Type.Object({ issuer: Type.String(), jwks_uri: Type.String({ pattern: "^https?://" }) });

/** Faults of a token. Whatever else goes wrong while its key is looked for is the provider's. */
const NO_SUCH_KEY = [
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
  errors.JOSENotSupported,
  errors.JWKInvalid,
];

/** Access tokens of an OAuth 2.0 provider: JWTs, signed with its published keys. Source: RFC 9068. */
export class Tokens {
  private keys: Promise<JWTVerifyGetKey> | undefined;
  private complainedMs = Number.NEGATIVE_INFINITY;
  /** Until then the provider is left alone. */
  private askAgainMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly provider: Provider,
    private readonly now: () => number,
  ) {}

  /** Who a token is of, and what it allows. @throws unauthorized, oidc_unavailable */
  async check(token: string): Promise<Caller> {
    const { issuer, audience, algorithms } = this.provider;
    try {
      const { payload, protectedHeader } = await jwtVerify(
        token,
        (header, parts) => this.keyOf(header, parts),
        {
          ...{ issuer, audience, algorithms: [...algorithms], clockTolerance: CLOCK_TOLERANCE_S },
          requiredClaims: ["sub", "exp"],
          currentDate: new Date(this.now()),
        },
      );
      if (protectedHeader.typ !== undefined && !TYPE.test(protectedHeader.typ))
        throw new TesseraError("unauthorized", "The token is none that gives access.");
      return this.callerOf(payload);
    } catch (thrown) {
      if (!(thrown instanceof errors.JOSEError)) throw thrown;
      throw new TesseraError("unauthorized", `The token is refused: ${whyOf(thrown)}.`, { cause: thrown });
    }
  }

  private callerOf({ sub, exp, ...claims }: JWTPayload): Caller {
    // Nobody has looked at what kind of value it is.
    if (typeof sub !== "string" || !SUBJECT.test(sub))
      throw new TesseraError("unauthorized", "The token's subject is not one.");
    const { issuer, scopeClaim, scopePrefix } = this.provider;
    return {
      ...{ owner: `${issuer}#${sub}`, name: sub, by: "token", expiresMs: Math.min(exp! * 1000, LAST_MS) },
      scopes: scopesOf(claims[scopeClaim], scopePrefix),
    };
  }

  private async keyOf(...args: Parameters<JWTVerifyGetKey>): Promise<Awaited<ReturnType<JWTVerifyGetKey>>> {
    try {
      this.keys ??= this.find();
      return await (await this.keys)(...args);
    } catch (thrown) {
      if (NO_SUCH_KEY.some((fault) => thrown instanceof fault)) throw thrown;
      const nowMs = this.now();
      if (nowMs >= this.askAgainMs) this.askAgainMs = nowMs + LEFT_ALONE_MS;
      this.complain(thrown);
      throw new TesseraError("oidc_unavailable", "", { cause: thrown });
    }
  }

  private complain(thrown: unknown): void {
    const nowMs = this.now();
    if (nowMs - this.complainedMs < COMPLAIN_EVERY_MS) return;
    this.complainedMs = nowMs;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    log.warn(`No keys can be had of ${this.provider.issuer}, so no tokens are taken: ${why}`);
  }

  /** The provider's keys; if it does not answer it is asked again next time. */
  private async find(): Promise<JWTVerifyGetKey> {
    try {
      const url = new URL(this.provider.jwksUrl ?? (await this.discover()));
      return createRemoteJWKSet(url, { timeoutDuration: TIMEOUT_MS, [customFetch]: this.ask });
    } catch (thrown) {
      this.keys = undefined;
      throw thrown;
    }
  }

  private readonly ask = (url: string, options: RequestInit): Promise<Response> => {
    if (this.now() < this.askAgainMs) throw new Error("It has failed a moment ago.");
    return boundedFetch(url, options);
  };

  private async discover(): Promise<string> {
    const { issuer } = this.provider;
    const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await this.ask(url, { redirect: "manual", signal });
    const described: unknown = response.status === 200 ? await response.json() : undefined;
    if (!Value.Check(Discovery, described) || described.issuer !== issuer)
      throw new Error(`${url} does not describe ${issuer}, but answers ${response.status}`);
    return described.jwks_uri;
  }
}

function scopesOf(claim: unknown, prefix: string): ReadonlySet<Scope> {
  const named: readonly unknown[] =
    typeof claim === "string" ? claim.split(" ") : Array.isArray(claim) ? claim : [];
  return new Set(SCOPES.filter((scope) => named.includes(prefix + scope)));
}

/** What helps whoever holds the token, without a word of what is in it. */
function whyOf(fault: errors.JOSEError): string {
  if (fault instanceof errors.JWTExpired) return "it has expired";
  if (fault instanceof errors.JWTClaimValidationFailed) return `its '${fault.claim}' is not as it has to be`;
  if (fault instanceof errors.JOSEAlgNotAllowed) return "its algorithm is not allowed";
  if (fault instanceof errors.JWSSignatureVerificationFailed) return "its signature does not hold";
  if (NO_SUCH_KEY.some((kind) => fault instanceof kind)) return "the provider has no such key";
  return "it is no signed JWT";
}

/** As `fetch`, but an answer is held in memory only so far. */
async function boundedFetch(url: string, options: RequestInit): Promise<Response> {
  const { body, status } = await fetch(url, options);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`${url} answers more than ${ANSWER_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return new Response(new Blob(chunks as Uint8Array<ArrayBuffer>[]), { status });
}
