import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer, type TesseraServer } from "../../embedded/server.ts";
import type { KeyView } from "../../shared/api/key.ts";
import { tessera } from "../support/tessera.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-cli-keys-"));
const dir = join(folder, "master");
let server: TesseraServer;

beforeAll(() => {
  server = startServer({ dir, threads: 1 });
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const keys = (...args: string[]) => tessera(["keys", ...args], { env: { TESSERA_DIR: dir } });

const status = async (key?: string) =>
  (await fetch(`${server.url}/v1/jobs`, { headers: key === undefined ? {} : { "x-api-key": key } })).status;

describe("tessera keys", () => {
  test("P7: makes and revokes keys of a master that runs, and it heeds them at once", async () => {
    expect(await keys()).toMatchObject({ status: 0, out: "There are no keys.\n" });
    expect(await status()).toBe(200);
    const first = await keys("create", "--name", "ann", "--scope", "admin");
    expect(first).toMatchObject({ status: 0, err: expect.stringContaining("It is the first one") });
    const key = first.out.trim();
    expect(key).toMatch(/^tsk_[0-9a-f]{16}_[\w-]{43}$/);
    expect([await status(), await status(key)]).toEqual([401, 200]);

    const made = await keys(
      "create",
      "--name",
      "camera",
      "--scope",
      "submit, read",
      "--expires",
      "90d",
      "--json",
    );
    const camera = JSON.parse(made.out) as { key: KeyView; secret: string };
    const days = (Date.parse(camera.key.expires_at!) - Date.parse(camera.key.created_at)) / 86_400_000;
    expect(days).toBeCloseTo(90, 3);
    expect(await status(camera.secret)).toBe(200);
    const revoked = await keys("revoke", camera.key.id);
    expect(revoked).toMatchObject({ status: 0, out: `Revoked ${camera.key.id} (camera).\n` });
    expect(await status(camera.secret)).toBe(401);
    expect(await keys("revoke", camera.key.id)).toMatchObject({
      status: 1,
      err: expect.stringContaining("key_not_found"),
    });

    const { out } = await keys("list");
    const rows = out.split("\n").map((line) => line.split(/ {2,}/));
    expect(rows).toContainEqual([
      ...[camera.key.id, "camera", "camera", "submit,read"],
      ...[expect.any(String), expect.not.stringContaining("never"), "revoked"],
    ]);
    expect(out).not.toContain(key.slice(-43));
    const listed = JSON.parse((await keys("list", "--json")).out) as KeyView[];
    expect(listed.map(({ name }) => name).sort()).toEqual(["ann", "camera"]);
  });

  test.each([
    [["create", "--scope", "read"], /--name/],
    [["create", "--name", "a"], /--scope/],
    [["create", "--name", "a", "--scope", "root"], /submit, read, operate, admin/],
    [["create", "--name", "a\nb", "--scope", "read"], /--name/],
    [["create", "--name", "a", "--scope", "read", "--owner", ""], /--owner/],
    [["create", "--name", "a", "--scope", "read", "--expires", "soon"], /90d/],
  ])("P6: %j is told as a mistake", async (args, why) => {
    const { status, err, out } = await keys(...args);
    expect([status, out]).toEqual([2, ""]);
    expect(err).toMatch(why);
  });

  test("P7: does the same to a master elsewhere, which asks for a key with the right to", async () => {
    const elsewhere = startServer({ threads: 1 });
    const remote = (key: string | undefined, ...args: string[]) =>
      tessera(["keys", ...args, "--master", elsewhere.url], { env: { TESSERA_CLIENT_KEY: key } });
    try {
      const first = await remote(undefined, "create", "--name", "ann", "--scope", "admin");
      expect(first).toMatchObject({ status: 0, err: expect.stringContaining("It is the first one") });
      const admin = first.out.trim();
      const args = ["create", "--name", "camera", "--scope", "read", "--expires", "30m", "--json"];
      expect((await remote(undefined, ...args)).out).toContain("TESSERA_CLIENT_KEY");
      const made = JSON.parse((await remote(admin, ...args)).out) as { key: KeyView; secret: string };
      const refused = await remote(made.secret, "list", "--json");
      expect([refused.status, JSON.parse(refused.out).error.code]).toEqual([1, "forbidden"]);
      expect((await remote(admin, "revoke", made.key.id)).out).toContain(made.key.id);
      const listed = JSON.parse((await remote(admin, "list", "--json")).out) as KeyView[];
      expect(listed.find(({ id }) => id === made.key.id)?.revoked_at).toBeDefined();
      expect((await remote(admin, "list", "--dir", folder)).status).toBe(2);
    } finally {
      await elsewhere.stop();
    }
  });

  test("makes no folder where one is only looked into", async () => {
    const missing = join(folder, "missing");
    for (const args of [["list"], ["revoke", "x"]]) {
      const { status, err } = await keys(...args, "--dir", missing);
      expect([status, err]).toEqual([1, expect.stringContaining("file_not_found")]);
    }
    expect(existsSync(missing)).toBe(false);
    const made = await keys("create", "--name", "a", "--scope", "read", "--dir", missing);
    expect(made).toMatchObject({ status: 0, err: expect.stringContaining(missing) });
  });
});
