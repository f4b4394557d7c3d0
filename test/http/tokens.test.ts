import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  base64url,
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
} from "jose";
import { Access } from "../../master/access/access.ts";
import { type Provider, providerOf } from "../../master/access/tokens.ts";
import { loadSettings } from "../../shared/config/load.ts";
import { TestClock } from "../engine/clock.ts";
import { type Bench, openBench } from "../engine/harness.ts";
import { type Edge, edgeOf, expectProblem } from "./edge.ts";
import { UNLIMITED } from "./guarded.ts";
import { AUDIENCE, startProvider } from "./oidc_provider.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-tokens-"));
let bench: Bench;

beforeAll(() => {
  bench = openBench(folder, { limits: UNLIMITED });
});

afterAll(async () => {
  await bench.master.stop();
  rmSync(folder, { recursive: true, force: true });
});

const providerAt = (issuer: string, more: Record<string, string> = {}): Provider =>
  providerOf(loadSettings({ TESSERA_OIDC_ISSUER: issuer, TESSERA_OIDC_AUDIENCE: AUDIENCE, ...more }))!;

const edgeFor = (provider: Provider, now = Date.now): Edge =>
  edgeOf(bench, { access: new Access({ provider, now }) });

const ask = async (app: Edge, token: string, path = "/v1/session") =>
  await app.request(path, { headers: { authorization: `Bearer ${token}` } });

describe("tokens of a real provider", () => {
  test("are taken, with their scopes, and everything else is refused", async () => {
    const provider = await startProvider();
    try {
      const app = edgeFor(providerAt(provider.issuer));
      const token = await provider.token("read weather");
      expect(await (await ask(app, token)).json()).toEqual({
        ...{ owner: `${provider.issuer}#camera`, name: "camera", scopes: ["read"], by: "token" },
        expires_at: expect.any(String),
      });
      expect((await ask(app, token, "/v1/jobs")).status).toBe(200);
      await expectProblem(await ask(app, token, "/v1/keys"), "forbidden");
      await expectProblem(await ask(app, await provider.token("weather"), "/v1/jobs"), "forbidden");
      await expectProblem(await app.request("/v1/jobs"), "unauthorized");
      await expectProblem(await ask(app, token.slice(0, -4)), "unauthorized");
      const elsewhere = edgeFor({ ...providerAt(provider.issuer), audience: "https://other.example" });
      expect(await expectProblem(await ask(elsewhere, token), "unauthorized")).toContain("'aud'");
    } finally {
      await provider.stop();
    }
  });

  test("that is away: 503 with a code of its own, until it is back", async () => {
    const provider = await startProvider();
    const token = await provider.token("read");
    const app = edgeFor(providerAt(provider.issuer));
    await provider.stop();
    await expectProblem(await ask(app, token), "oidc_unavailable");
    const port = Number(new URL(provider.issuer).port);
    const broken = Bun.serve({
      port,
      hostname: "127.0.0.1",
      fetch: () => new Response("?", { status: 500 }),
    });
    await expectProblem(await ask(app, token), "oidc_unavailable");
    await broken.stop(true);
    const access = new Access({ provider: providerAt(provider.issuer) });
    const { secret } = access.keys.create({ name: "a key", scopes: ["read"] });
    expect((await ask(edgeOf(bench, { access }), secret)).status).toBe(200); // keys do not need it
  });
});

/** A provider of which a test has the keys. */
class OwnProvider {
  readonly asked: string[] = [];
  private readonly keys: object[] = [];
  private readonly server = Bun.serve({
    ...{ port: 0, hostname: "127.0.0.1" },
    fetch: ({ url }) => {
      const { pathname } = new URL(url);
      this.asked.push(pathname);
      return pathname === "/jwks" ? Response.json({ keys: this.keys }) : Response.json(this.discovery);
    },
  });
  readonly issuer = this.server.url.href.replace(/\/$/, "");
  discovery: object = { issuer: this.issuer, jwks_uri: `${this.issuer}/jwks` };

  async add(kid: string, alg: string): Promise<{ privateKey: CryptoKey; publicKey: CryptoKey }> {
    const pair = await generateKeyPair(alg, { extractable: true });
    this.keys.push({ ...(await exportJWK(pair.publicKey)), kid, alg, use: "sig" });
    return pair;
  }

  claims(more: Record<string, unknown> = {}): JWTPayload {
    const exp = Math.floor(Date.now() / 1000) + 600;
    return { iss: this.issuer, aud: AUDIENCE, sub: "ann", exp, scope: "read", ...more };
  }

  stop(): Promise<void> {
    return this.server.stop(true);
  }
}

const sign = (claims: JWTPayload, key: CryptoKey | Uint8Array, header = {}): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "rsa", ...header }).sign(key);

const encoded = (value: unknown): string => base64url.encode(JSON.stringify(value));

async function withProvider(
  use: (provider: OwnProvider, key: CryptoKey, app: Edge, publicKey: CryptoKey) => Promise<void>,
) {
  const provider = new OwnProvider();
  const { privateKey, publicKey } = await provider.add("rsa", "RS256");
  try {
    await use(provider, privateKey, edgeFor(providerAt(provider.issuer)), publicKey);
  } finally {
    await provider.stop();
  }
}

describe("P7: a token is refused", () => {
  test("if its algorithm is none, or one whose key everybody knows", () =>
    withProvider(async (provider, key, app, publicKey) => {
      const claims = provider.claims();
      expect((await ask(app, await sign(claims, key))).status).toBe(200);
      const { n } = await exportJWK(publicKey);
      const known = [await exportSPKI(publicKey), JSON.stringify(await exportJWK(publicKey)), n!];
      for (const text of known) {
        const secret = new TextEncoder().encode(text);
        const token = await sign(claims, secret, { alg: "HS256" });
        expect(await expectProblem(await ask(app, token), "unauthorized")).toContain("algorithm");
      }
      for (const alg of ["none", "None", "NONE", "nOnE", ""]) {
        const token = `${encoded({ alg, kid: "rsa" })}.${encoded(claims)}.`;
        await expectProblem(await ask(app, token), "unauthorized");
      }
      const [, payload, signature] = (await sign(claims, key)).split(".");
      await expectProblem(
        await ask(app, `${encoded({ alg: "ES256", kid: "rsa" })}.${payload}.${signature}`),
        "unauthorized",
      );
    }));

  test("if it brings its own key, or says where one is", () =>
    withProvider(async (provider, _, app) => {
      const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
      const jwk = await exportJWK(publicKey);
      for (const header of [
        { jwk },
        { jku: `${provider.issuer}/mine` },
        { x5u: `${provider.issuer}/mine` },
        { kid: "../../mine" },
        { kid: "unknown", jwk },
        { crit: ["mine"], mine: true },
      ])
        await expectProblem(
          await ask(app, await sign(provider.claims(), privateKey, header).catch(() => "a.b.c")),
          "unauthorized",
        );
      expect(provider.asked.filter((path) => path.includes("mine"))).toEqual([]);
    }));

  test("if a claim is not as it has to be", () =>
    withProvider(async (provider, key, app) => {
      const now = Math.floor(Date.now() / 1000);
      const cases: [Record<string, unknown>, string][] = [
        [{ exp: now - 31 }, "expired"],
        [{ exp: undefined }, "'exp'"],
        [{ nbf: now + 300 }, "'nbf'"],
        [{ iss: `${provider.issuer}/` }, "'iss'"],
        [{ iss: undefined }, "'iss'"],
        [{ aud: "https://other.example" }, "'aud'"],
        [{ aud: [] }, "'aud'"],
        [{ aud: undefined }, "'aud'"],
        [{ sub: undefined }, "'sub'"],
        [{ sub: "" }, "subject"],
        [{ sub: "a\r\nlevel=50" }, "subject"],
        [{ sub: "x".repeat(256) }, "subject"],
        [{ sub: "\ud800" }, "subject"],
        [{ sub: ["ann"] }, "subject"],
        [{ sub: { ann: 1 } }, "subject"],
        [{ sub: 5 }, "subject"],
      ];
      for (const [claims, why] of cases) {
        const token = await sign(provider.claims(claims), key);
        expect(await expectProblem(await ask(app, token), "unauthorized")).toContain(why);
      }
      for (const claims of [{ exp: now - 10 }, { aud: ["x", AUDIENCE] }] as JWTPayload[])
        expect((await ask(app, await sign(provider.claims(claims), key))).status).toBe(200);
    }));

  test("if it was made for something else than access", () =>
    withProvider(async (provider, key, app) => {
      const askAs = async (typ: string) => ask(app, await sign(provider.claims(), key, { typ }));
      for (const typ of ["logout+jwt", "secevent+jwt", "dpop+jwt", "", "jwt2"])
        await expectProblem(await askAs(typ), "unauthorized");
      for (const typ of ["JWT", "at+jwt", "application/at+JWT", "application/acme-internal-at+jwt"])
        expect((await askAs(typ)).status).toBe(200);
    }));

  test("if it is no JWT at all", () =>
    withProvider(async (_, __, app) => {
      for (const token of [
        "x",
        "..",
        "a.b.c",
        `${encoded({ alg: "RS256" })}..`,
        "a.b.c.d.e",
        "x".repeat(6000),
      ])
        await expectProblem(await ask(app, token), "unauthorized");
    }));
});

describe("a provider", () => {
  test("names scopes in the claim and with the prefix that are configured, as text or list", () =>
    withProvider(async (provider, key) => {
      const settings = { TESSERA_OIDC_SCOPE_CLAIM: "permissions", TESSERA_OIDC_SCOPE_PREFIX: "tessera:" };
      const app = edgeFor(providerAt(provider.issuer, settings));
      const scopesFor = async (claims: JWTPayload) =>
        ((await (await ask(app, await sign(provider.claims(claims), key))).json()) as { scopes: string[] })
          .scopes;
      expect(await scopesFor({ permissions: ["tessera:read", "admin", 5, "tessera:root"] })).toEqual([
        "read",
      ]);
      expect(await scopesFor({ permissions: "tessera:submit tessera:read" })).toEqual(["submit", "read"]);
      expect(await scopesFor({ permissions: { read: true }, scope: "tessera:admin" })).toEqual([]);
    }));

  test("may bring a new key, which is found once the old ones are a while old", () =>
    withProvider(async (provider, key, app) => {
      await ask(app, await sign(provider.claims(), key));
      const asked = provider.asked.length;
      const unknown = (await generateKeyPair("RS256")).privateKey;
      for (let i = 0; i < 20; i++)
        await expectProblem(
          await ask(app, await sign(provider.claims(), unknown, { kid: `${i}` })),
          "unauthorized",
        );
      expect(provider.asked.length).toBe(asked); // whoever invents keys does not make us ask
      const fresh = await provider.add("new", "EdDSA");
      const next = edgeFor(providerAt(provider.issuer));
      const token = await sign(provider.claims(), fresh.privateKey, { alg: "EdDSA", kid: "new" });
      expect((await ask(next, token)).status).toBe(200);
    }));

  test("is asked once, however many tokens come at once", () =>
    withProvider(async (provider, key, app) => {
      const token = await sign(provider.claims(), key);
      const statuses = await Promise.all(
        Array.from({ length: 20 }, async () => (await ask(app, token)).status),
      );
      expect(new Set(statuses)).toEqual(new Set([200]));
      expect(provider.asked).toEqual(["/.well-known/openid-configuration", "/jwks"]);
    }));

  test("P5: that has failed is left alone for a moment, however many tokens come", () =>
    withProvider(async (provider, key) => {
      const clock = new TestClock();
      const app = edgeFor(providerAt(provider.issuer), clock.now);
      const token = await sign(provider.claims({ exp: clock.now() / 1000 + 600 }), key);
      const right = provider.discovery;
      provider.discovery = {};
      for (let i = 0; i < 10; i++) {
        await expectProblem(await ask(app, token), "oidc_unavailable");
        clock.pass(99);
      }
      expect(provider.asked).toHaveLength(1);
      provider.discovery = right;
      clock.pass(10);
      expect((await ask(app, token)).status).toBe(200);
    }));

  test("may give tokens for ever, which last as long as can be said", () =>
    withProvider(async (provider, key, app) => {
      for (const exp of [1e12, 1e13, 1e300]) {
        const said = await ask(app, await sign(provider.claims({ exp }), key));
        expect(await said.json()).toMatchObject({ expires_at: "9999-12-31T23:59:59.000Z" });
      }
    }));

  test("that describes another one, or nothing, is none", () =>
    withProvider(async (provider, key) => {
      const clock = new TestClock();
      const app = edgeFor(providerAt(provider.issuer), clock.now);
      const exp = clock.now() / 1000 + 600;
      const token = await sign(provider.claims({ exp }), key);
      const right = provider.discovery;
      for (const discovery of [
        { ...right, issuer: "https://evil.example" },
        { issuer: provider.issuer },
        { ...right, jwks_uri: "file:///etc/passwd" },
        { ...right, jwks_uri: "data:application/json,{}" },
        [],
        { ...right, padding: "x".repeat(2 << 20) },
      ]) {
        provider.discovery = discovery;
        await expectProblem(await ask(app, token), "oidc_unavailable");
        clock.pass(1000);
      }
      provider.discovery = right;
      expect((await ask(app, token)).status).toBe(200);
    }));

  test("is not asked for its description where the keys' address is given", () =>
    withProvider(async (provider, key) => {
      const app = edgeFor(providerAt(provider.issuer, { TESSERA_OIDC_JWKS_URL: `${provider.issuer}/jwks` }));
      expect((await ask(app, await sign(provider.claims(), key))).status).toBe(200);
      expect(provider.asked).toEqual(["/jwks"]);
    }));

  test.skipIf(process.env.TEST_LONG === undefined)("P5: that never answers is not waited for", async () => {
    const silent = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => new Promise<Response>(() => {}),
    });
    const issuer = silent.url.href.replace(/\/$/, "");
    const { privateKey } = await generateKeyPair("RS256");
    const claims = { iss: issuer, aud: AUDIENCE, sub: "ann", exp: Math.floor(Date.now() / 1000) + 600 };
    const token = await sign(claims, privateKey);
    for (const more of [{}, { TESSERA_OIDC_JWKS_URL: `${issuer}/jwks` }] as Record<string, string>[])
      await expectProblem(await ask(edgeFor(providerAt(issuer, more)), token), "oidc_unavailable");
    await silent.stop(true);
  });
});
