import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chownSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Access } from "../../master/access/access.ts";
import { sameHash } from "../../master/access/secret.ts";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import type { KeyView } from "../../shared/api/key.ts";
import { TestClock } from "../engine/clock.ts";
import { type Bench, openBench, withBench } from "../engine/harness.ts";
import { edgeOf, expectProblem } from "./edge.ts";
import { type Guarded, guard, UNLIMITED } from "./guarded.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-keys-"));
let bench: Bench;

beforeAll(() => {
  bench = openBench(folder, { limits: UNLIMITED });
});

afterAll(async () => {
  await bench.master.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** An edge with keys of its own; in a file if they have a folder. */
async function withGuard(use: (guarded: Guarded, clock: TestClock) => Promise<void>, dir?: string) {
  const clock = new TestClock();
  const guarded = guard(bench, { ...(dir !== undefined && { dir }), now: clock.now });
  try {
    await use(guarded, clock);
  } finally {
    guarded.access.close();
  }
}

const ownFolder = () => mkdtempSync(join(folder, "keys-"));

const whoami = ({ app }: Pick<Guarded, "app">, headers: Record<string, string>) =>
  app.request("/v1/session", { headers });

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

function send({ app, as }: Guarded, body: unknown, type = "application/json") {
  return app.request("/v1/keys", {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { ...as(["admin"]), "content-type": type },
  });
}

describe("keys", () => {
  test("are made, shown and revoked over HTTP, and the secret is shown once", () =>
    withGuard(async (guarded) => {
      const made = await send(guarded, {
        name: "camera",
        scopes: ["submit", "read"],
        expires_at: "2100-01-01T00:00:00Z",
      });
      expect(made.status).toBe(201);
      expect(made.headers.get("cache-control")).toBe("no-store");
      const { key, secret } = (await made.json()) as { key: KeyView; secret: string };
      expect(secret).toStartWith(`tsk_${key.id}_`);
      expect(key).toMatchObject({ name: "camera", owner: "camera", scopes: ["submit", "read"] });
      expect(await (await whoami(guarded, bearer(secret))).json()).toEqual({
        ...{ owner: "camera", name: "camera", scopes: ["submit", "read"], by: "key", key: key.id },
        expires_at: "2100-01-01T00:00:00.000Z",
      });
      const list = await guarded.app.request("/v1/keys", { headers: guarded.as(["admin"]) });
      const text = await list.text();
      expect(text).not.toContain(secret.slice(-43));
      const listed = (JSON.parse(text) as { keys: KeyView[] }).keys.find(({ id }) => id === key.id);
      expect(listed).toMatchObject({ ...key, last_used_at: expect.any(String) });
      const revoke = () =>
        guarded.app.request(`/v1/keys/${key.id}`, { method: "DELETE", headers: guarded.as(["admin"]) });
      expect(await (await revoke()).json()).toMatchObject({ id: key.id, revoked_at: expect.any(String) });
      await expectProblem(await revoke(), "key_not_found");
      expect(await expectProblem(await whoami(guarded, bearer(secret)), "unauthorized")).toContain("revoked");
    }));

  test("come as Bearer or X-API-Key, and nothing else does", () =>
    withGuard(async (guarded) => {
      const key = guarded.key(["read"]);
      for (const headers of [
        { authorization: `Bearer ${key}` },
        { authorization: `bearer  ${key} ` },
        { "x-api-key": key },
      ])
        expect((await whoami(guarded, headers as Record<string, string>)).status).toBe(200);
      for (const headers of [
        { authorization: key },
        { authorization: `Basic ${btoa(`key:${key}`)}` },
        { authorization: `Bearer ${key} ${key}` },
        { authorization: "Bearer", "x-api-key": key }, // what is said wrongly is not overlooked
        { authorization: `Bearer ${key.slice(0, -1)}` },
        { authorization: `Bearer ${key.slice(0, -1)}${key.endsWith("A") ? "E" : "A"}` },
        { authorization: `Bearer ${key}A` },
        { authorization: `Bearer ${key.replace(/^tsk_./, "tsk_x")}` },
        { authorization: `Bearer ${"x".repeat(8000)}` },
        { "x-api-key": "" },
      ])
        await expectProblem(await whoami(guarded, headers as Record<string, string>), "unauthorized");
    }));

  test("are taken to their last moment, and not a moment longer", () =>
    withGuard(async (guarded, clock) => {
      const { secret } = guarded.access.keys.create({
        ...{ name: "short", scopes: ["read"] },
        expiresMs: clock.now() + 1000,
      });
      clock.pass(999);
      expect((await whoami(guarded, bearer(secret))).status).toBe(200);
      clock.pass(1);
      expect(await expectProblem(await whoami(guarded, bearer(secret)), "unauthorized")).toContain("expired");
    }));

  test("note when they were used, at most once a minute", () =>
    withGuard(async (guarded, clock) => {
      const { key, secret } = guarded.access.keys.create({ name: "used", scopes: ["read"] });
      const used = () => guarded.access.keys.list().find(({ id }) => id === key.id)!.lastUsedMs;
      expect(used()).toBeNull();
      const first = clock.now();
      await whoami(guarded, bearer(secret));
      clock.pass(59_999);
      await whoami(guarded, bearer(secret));
      expect(used()).toBe(first);
      clock.pass(1);
      await whoami(guarded, bearer(secret));
      expect(used()).toBe(first + 60_000);
    }));

  test("are not in the file, which is this user's only", () => {
    const dir = ownFolder();
    return withGuard(async (guarded) => {
      const key = guarded.key();
      const secret = key.slice(key.lastIndexOf("_", key.length - 43) + 1);
      for (const name of ["access.sqlite", "access.sqlite-wal"]) {
        expect(readFileSync(join(dir, name)).includes(secret)).toBe(false);
        expect(statSync(join(dir, name)).mode & 0o077).toBe(0);
      }
    }, dir);
  });

  test.skipIf(process.geteuid?.() !== 0)("made by root are the folder's owner's to read", () => {
    const dir = ownFolder();
    chownSync(dir, 12345, 12345);
    return withGuard(async () => {
      for (const name of ["access.sqlite", "access.sqlite-wal", "access.sqlite-shm"])
        expect(statSync(join(dir, name)).uid).toBe(12345);
    }, dir);
  });

  test("that another process makes or revokes count at once", () => {
    const dir = ownFolder();
    return withGuard(async (guarded) => {
      const other = new Access({ dir });
      const { key, secret } = other.keys.create({ name: "new", scopes: ["read"] });
      expect((await whoami(guarded, bearer(secret))).status).toBe(200);
      other.keys.revoke(key.id);
      await expectProblem(await whoami(guarded, bearer(secret)), "unauthorized");
      other.close();
    }, dir);
  });

  test("have a bound", () =>
    withGuard(async (guarded) => {
      const { keys } = guarded.access;
      const before = guarded.as(["admin"]);
      while (keys.list().length < 1000) keys.create({ name: "one of many", scopes: ["read"] });
      const body = JSON.stringify({ name: "x", scopes: ["read"] });
      const make = () =>
        guarded.app.request("/v1/keys", {
          ...{ method: "POST", body },
          headers: { ...before, "content-type": "application/json" },
        });
      await expectProblem(await make(), "too_many_keys");
      keys.revoke(keys.list().find(({ name }) => name === "one of many")!.id);
      expect((await make()).status).toBe(201);
    }));

  test.each([
    [{ name: "a\r\nset-cookie: x=1", scopes: ["read"] }, /name/],
    [{ name: "a\u001b[2Jb", scopes: ["read"] }, /name/],
    [{ name: "a\u2028b", scopes: ["read"] }, /name/],
    [{ name: "", scopes: ["read"] }, /name/],
    [{ name: "x".repeat(101), scopes: ["read"] }, /name/],
    [{ name: "a", owner: "b\n{", scopes: ["read"] }, /owner/],
    [{ name: "a", scopes: [] }, /scopes/],
    [{ name: "a", scopes: ["root"] }, /scopes/],
    [{ name: "a", scopes: ["read", "read"] }, /scopes/],
    [{ name: "a", scopes: ["read"], expires_at: "tomorrow" }, /expires_at/],
    [{ name: "a", scopes: ["read"], expires_at: "1970-01-01T00:00:00Z" }, /expires_at/],
    [{ name: "a", scopes: ["read"], hash: "x" }, /hash/],
    ["[", /JSON/],
  ] as const)("P6: %j is no key", async (body, why) => {
    await withGuard(async (guarded) => {
      const count = guarded.access.keys.list().length;
      expect(await expectProblem(await send(guarded, body), "request_invalid")).toMatch(why);
      expect(guarded.access.keys.list()).toHaveLength(count + 1); // the key that asked
    });
  });

  test("take JSON only, so that no form of another site can make one", () =>
    withGuard(async (guarded) => {
      const body = { name: "a", scopes: ["read"] };
      await expectProblem(await send(guarded, body, "text/plain"), "content_type_unsupported");
    }));
});

describe("P7: the first key closes a server that was open to its machine", () => {
  test("at once, whoever makes it, and for good", async () => {
    const dir = ownFolder();
    const access = new Access({ dir });
    const app = edgeOf(bench, { access });
    expect(await (await whoami({ app }, {})).json()).toEqual({
      ...{ owner: "local", name: "local", scopes: ["admin"], by: "nothing" },
    });
    const other = new Access({ dir });
    const { key, secret } = other.keys.create({ name: "first", scopes: ["admin"] });
    await expectProblem(await whoami({ app }, {}), "unauthorized");
    expect((await whoami({ app }, bearer(secret))).status).toBe(200);
    other.keys.revoke(key.id);
    other.close();
    await expectProblem(await whoami({ app }, {}), "unauthorized");
    access.close();
    const next = new Access({ dir });
    await expectProblem(await whoami({ app: edgeOf(bench, { access: next }) }, {}), "unauthorized");
    next.close();
  });

  test("and only then others may be served", () => {
    const dir = ownFolder();
    const onAll = () => new Access({ dir, hostname: "0.0.0.0" });
    expect(onAll).toThrow(expect.objectContaining({ code: "address_not_loopback" }));
    const access = new Access({ dir });
    access.keys.create({ name: "first", scopes: ["admin"] });
    access.close();
    onAll().close();
  });
});

test("P5: an address that guesses keys has to wait, whichever header it guesses in", () =>
  withBench({}, async (limited) => {
    const { app, key } = guard(limited);
    const right = key();
    const { signInFailuresPerMinute } = DEFAULT_LIMITS.each;
    for (let i = 0; i < signInFailuresPerMinute; i++) {
      const headers = i % 2 === 0 ? { "x-api-key": "wrong" } : { authorization: "Bearer wrong" };
      await expectProblem(await whoami({ app }, headers as Record<string, string>), "unauthorized");
    }
    for (const headers of [{ "x-api-key": right }, bearer(right)] as Record<string, string>[])
      await expectProblem(await whoami({ app }, headers), "rate_limited");
  }));

test("P7: how long it takes to compare secrets does not tell how much of one is right", () => {
  // The library's comparison does not stop at the first difference; that ours is that one shows in what it refuses.
  expect(() => sameHash(new Uint8Array(32), new Uint8Array(31))).toThrow();
  expect(sameHash(new Uint8Array(32), new Uint8Array(32))).toBe(true);
  expect(sameHash(new Uint8Array(32), new Uint8Array(32).fill(1, 31))).toBe(false);
});
