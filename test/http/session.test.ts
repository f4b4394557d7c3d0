import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../../embedded/server.ts";
import { Access, type AccessOptions } from "../../master/access/access.ts";
import { TestClock } from "../engine/clock.ts";
import { type Bench, openBench } from "../engine/harness.ts";
import { checkAnswer } from "./answers.ts";
import { type Edge, edgeOf, expectProblem } from "./edge.ts";
import { type Guarded, guard, UNLIMITED } from "./guarded.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-session-"));
const HOUR_MS = 3_600_000;
const LISTED = "https://app.example.com";
let bench: Bench;

beforeAll(() => {
  bench = openBench(folder, { limits: UNLIMITED });
});

afterAll(async () => {
  await bench.master.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
}

const ask = async (app: Edge, { method = "GET", path = "/v1/session", headers = {} }: Asked = {}) =>
  await app.request(`http://localhost:8080${path}`, { method, headers });

/** What our own page's browser sends along. */
const OWN = { origin: "http://localhost:8080", "sec-fetch-site": "same-origin" };
const FOREIGN = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };

async function signIn({ app, as }: Guarded, headers = as(["read", "operate"], "ann")) {
  const response = await ask(app, { method: "POST", headers: { ...headers, ...OWN } });
  expect(response.status).toBe(200);
  const setCookie = response.headers.get("set-cookie")!;
  return { setCookie, cookie: setCookie.split(";")[0]! };
}

function guarded(options: AccessOptions = {}): Guarded & { clock: TestClock } {
  const clock = new TestClock();
  return { ...guard(bench, { now: clock.now, corsOrigins: [LISTED], ...options }), clock };
}

describe("a session", () => {
  test("begins with a key, says who it is, and ends", async () => {
    const its = guarded();
    const { cookie } = await signIn(its);
    expect(await (await ask(its.app, { headers: { cookie } })).json()).toMatchObject({
      ...{ owner: "ann", scopes: ["read", "operate"], by: "session", key: expect.any(String) },
      expires_at: new Date(its.clock.now() + 12 * HOUR_MS).toISOString(),
    });
    const ended = await ask(its.app, { method: "DELETE", headers: { cookie, ...OWN } });
    expect([ended.status, ended.headers.get("set-cookie")]).toEqual([
      204,
      expect.stringContaining("Max-Age=0"),
    ]);
    await expectProblem(await ask(its.app, { headers: { cookie } }), "unauthorized");
    expect((await ask(its.app, { method: "DELETE" })).status).toBe(204); // it is what was asked for
  });

  test("is a cookie that scripts cannot read and other sites cannot use, bound to the host with TLS", async () => {
    const plain = (await signIn(guarded())).setCookie;
    expect(plain).toMatch(/^tessera_session=[\w-]{43};/);
    const secure = (await signIn(guarded({ tls: {} }))).setCookie;
    expect(secure).toMatch(/^__Host-tessera_session=[\w-]{43};/);
    for (const wanted of ["; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=43200"]) {
      expect(plain).toContain(wanted);
      expect(secure).toContain(wanted);
    }
    expect(secure).toContain("; Secure");
    expect(secure).not.toContain("Domain");
    expect(plain).not.toContain("Secure");
  });

  test("is over with its time, with its key's time, and when its key is revoked", async () => {
    const its = guarded();
    const { keys } = its.access;
    const first = await signIn(its);
    its.clock.pass(12 * HOUR_MS);
    await expectProblem(await ask(its.app, { headers: { cookie: first.cookie } }), "unauthorized");

    const short = keys.create({ name: "short", scopes: ["read"], expiresMs: its.clock.now() + HOUR_MS });
    const second = await signIn(its, { authorization: `Bearer ${short.secret}` });
    expect(second.setCookie).toContain("; Max-Age=3600");
    its.clock.pass(HOUR_MS);
    await expectProblem(await ask(its.app, { headers: { cookie: second.cookie } }), "unauthorized");

    const revoked = keys.create({ name: "revoked", scopes: ["read"] });
    const third = await signIn(its, { authorization: `Bearer ${revoked.secret}` });
    keys.revoke(revoked.key.id);
    await expectProblem(await ask(its.app, { headers: { cookie: third.cookie } }), "unauthorized");
  });

  test("is for keys: no session begets another, and nobody signs in with nothing", async () => {
    const its = guarded();
    const { cookie } = await signIn(its);
    await expectProblem(await ask(its.app, { method: "POST", headers: { cookie, ...OWN } }), "unauthorized");
    const open = edgeOf(bench, { access: new Access() });
    await expectProblem(await ask(open, { method: "POST", headers: OWN }), "unauthorized");
  });

  test("P5: of one key there are so many; the oldest ends for another one", async () => {
    const its = guarded();
    const headers = its.as(["read"]);
    const cookies: string[] = [];
    for (let i = 0; i < 101; i++) {
      cookies.push((await signIn(its, headers)).cookie);
      its.clock.pass(1);
    }
    const status = async (i: number) => (await ask(its.app, { headers: { cookie: cookies.at(i)! } })).status;
    expect([await status(0), await status(1), await status(-1)]).toEqual([401, 200, 200]);
  });
});

describe("P7: pages of other origins", () => {
  test("get nothing done by a cookie, nor a socket", async () => {
    const its = guarded();
    const { cookie } = await signIn(its);
    const cancel = (headers: Record<string, string>) =>
      ask(its.app, { method: "POST", path: "/v1/jobs/none/cancel", headers: { cookie, ...headers } });
    await expectProblem(await cancel(OWN), "job_not_found");
    await expectProblem(await cancel({ origin: "http://localhost:8080" }), "job_not_found");
    const others: Record<string, string>[] = [
      FOREIGN,
      {}, // no browser forgets to say it
      { origin: "null" },
      { origin: "http://localhost:8081" },
      { origin: "http://localhost:8080.evil.example" },
      { origin: "http://localhost:8080@evil.example" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "none" },
      { origin: LISTED }, // may ask, but with a key of its own
    ];
    for (const headers of others) await expectProblem(await cancel(headers), "origin_refused");
    const upgrade = { upgrade: "websocket", connection: "Upgrade", cookie };
    for (const headers of others)
      await expectProblem(
        await ask(its.app, { path: "/v1/events", headers: { ...upgrade, ...headers } }),
        "origin_refused",
      );
  });

  test("read nothing by a cookie", async () => {
    const its = guarded();
    const { cookie } = await signIn(its);
    const read = (headers: Record<string, string>) => ask(its.app, { headers: { cookie, ...headers } });
    for (const headers of [{}, OWN, { "sec-fetch-site": "none" }] as Record<string, string>[])
      expect((await read(headers)).status).toBe(200);
    for (const headers of [FOREIGN, { origin: LISTED }, { "sec-fetch-site": "same-site" }])
      await expectProblem(await read(headers as Record<string, string>), "origin_refused");
  });

  test("sign nobody out", async () => {
    const its = guarded();
    const { cookie } = await signIn(its);
    const headers = { cookie, ...FOREIGN };
    await expectProblem(await ask(its.app, { method: "DELETE", headers }), "origin_refused");
    expect((await ask(its.app, { headers: { cookie } })).status).toBe(200);
  });

  test("may send a key of their own, since no browser has it", async () => {
    const its = guarded();
    const headers = { ...its.as(["read"]), ...FOREIGN };
    expect((await ask(its.app, { headers })).status).toBe(200);
  });
});

describe("P7: a server that is open to its machine", () => {
  const open = () => edgeOf(bench, { access: new Access({ corsOrigins: [LISTED] }) });

  test("is open to its own pages, to listed ones, to programs, and to links", async () => {
    for (const headers of [
      {},
      OWN,
      { origin: LISTED, "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    ] as Record<string, string>[])
      expect((await ask(open(), { headers })).status).toBe(200);
  });

  test("refuses other pages that a browser has open", async () => {
    const others: Record<string, string>[] = [
      FOREIGN,
      { origin: "null" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
      { "sec-fetch-site": "same-site" },
    ];
    for (const headers of others) await expectProblem(await ask(open(), { headers }), "origin_refused");
    const form = { ...FOREIGN, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    await expectProblem(
      await ask(open(), { method: "POST", path: "/v1/jobs", headers: form }),
      "origin_refused",
    );
    for (const headers of [FOREIGN, { origin: "null" }] as Record<string, string>[])
      await expectProblem(
        await ask(open(), { path: "/v1/events", headers: { ...headers, upgrade: "websocket" } }),
        "origin_refused",
      );
  });

  test("is not found by a name that somebody else points at it", async () => {
    for (const host of ["evil.example:8080", "127.0.0.1.nip.io", "192.168.0.10", "localhost.evil.example"])
      await expectProblem(await open().request(`http://${host}/v1/session`), "origin_refused");
    for (const host of ["localhost", "127.0.0.1:8080", "[::1]:8080"])
      expect((await open().request(`http://${host}/v1/session`)).status).toBe(200);
  });

  test("P6: says what is wrong with a Host that is none", async () => {
    const server = startServer({ checkAnswer, threads: 1 });
    const port = Number(new URL(server.url).port);
    const askAs = (host: string) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const socket = connect(port, "127.0.0.1", () =>
        socket.write(`GET /v1/session HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`),
      );
      const chunks: Buffer[] = [];
      socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      socket.once("end", () => resolve(Buffer.concat(chunks).toString()));
      socket.once("error", reject);
      return promise;
    };
    for (const host of ["[::1", "localhost:99999", "localhost:x", "localhost\r\nhost: evil.example"])
      expect(await askAs(host)).toContain('"code":"request_invalid"');
    for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0"])
      expect(await askAs(host)).toContain('"code":"origin_refused"');
    for (const host of [
      "",
      "a b",
      "localhost@evil.example",
      "evil.example/localhost",
      "evil.example#localhost",
    ])
      expect(await askAs(host)).toStartWith("HTTP/1.1 40");
    expect(await askAs(`localhost:${port}`)).toStartWith("HTTP/1.1 200");
    await server.stop();
  });

  test("says that it is alive to everyone", async () => {
    expect((await open().request("http://evil.example/healthz", { headers: FOREIGN })).status).toBe(200);
  });
});
