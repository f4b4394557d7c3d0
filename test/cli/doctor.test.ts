import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createClient } from "../../client/client.ts";
import { startServer, type TesseraServer } from "../../embedded/server.ts";
import { inFolder } from "../support/folder.ts";
import { tessera } from "../support/tessera.ts";

type Env = Record<string, string>;
interface Finding {
  readonly check: string;
  readonly state: string;
  readonly found: string;
  readonly advice?: string;
}

/** What it finds, by what it has looked at. */
async function examine(env: Env, ...args: string[]) {
  const { status, out, err } = await tessera(["doctor", "--json", ...args], { env });
  expect(err).toBe("");
  const { ok, findings } = JSON.parse(out) as { ok: boolean; findings: Finding[] };
  expect(status).toBe(ok ? 0 : 1);
  // Whatever is not well comes with what to do.
  for (const { state, advice } of findings)
    expect(advice === undefined).toBe(state === "ok" || state === "skipped");
  return { ok, findings, states: Object.fromEntries(findings.map((it) => [it.check, it.state])) };
}

async function withServer<T>(use: (server: TesseraServer) => Promise<T>): Promise<T> {
  const server = startServer({ threads: 1 });
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

const NOBODY = "http://127.0.0.1:1";

describe("tessera doctor", () => {
  test("finds all well where it is, in words and as JSON", async () => {
    await withServer(async ({ url }) => {
      const env = { TESSERA_CLIENT_MASTER: url };
      const { ok, states } = await examine(env);
      expect(ok).toBe(true);
      for (const check of ["configuration", "machine.bun", "folder.jobs"]) expect(states[check]).toBe("ok");
      for (const check of ["reach", "ready", "version", "clock", "key", "workers"])
        expect(states[`master.${check}`]).toBe("ok");
      expect(states.kafka).toBe("skipped");
      const { status, out } = await tessera(["doctor"], { env });
      expect(status).toBe(0);
      expect(out).toMatch(/^ok +configuration .*set: client\.master\.\n/);
      expect(out).toMatch(/\nok +master\.key +It knows us as local, who may everything\.\n/);
    });
  });

  test("tells a key that is missing, wrong, or may too little; and never shows it", async () => {
    await withServer(async ({ url }) => {
      const master = createClient({ url });
      const admin = await master.createKey({ body: { name: "ann", scopes: ["admin"] } });
      const asAdmin = createClient({ url, key: admin.secret });
      const reader = await asAdmin.createKey({ body: { name: "bob", scopes: ["read"] } });
      const ask = async (key?: string) => {
        const env = { TESSERA_CLIENT_MASTER: url, ...(key && { TESSERA_CLIENT_KEY: key }) };
        const found = await examine(env);
        if (key !== undefined) expect(JSON.stringify(found)).not.toContain(key);
        return found.findings.find(({ check }) => check === "master.key")!;
      };
      expect(await ask()).toMatchObject({
        state: "wrong",
        advice: expect.stringContaining("TESSERA_CLIENT_KEY"),
      });
      expect(await ask(`${reader.secret}x`)).toMatchObject({
        state: "wrong",
        advice: expect.stringContaining("mistyped"),
      });
      expect(await ask(reader.secret)).toMatchObject({
        state: "warning",
        found: expect.stringContaining("bob"),
      });
      expect(await ask(admin.secret)).toMatchObject({ state: "ok" });

      const refused = await tessera(["jobs", "--master", url]);
      expect([refused.status, refused.err]).toEqual([1, expect.stringContaining("TESSERA_CLIENT_KEY")]);
      const env = { TESSERA_CLIENT_MASTER: url, TESSERA_CLIENT_KEY: reader.secret };
      expect((await tessera(["jobs"], { env })).status).toBe(0);
      const forbidden = await tessera(["cancel", "a"], { env });
      expect(forbidden.err).toMatch(/It takes the scope 'operate'\. \(forbidden\)\n$/);
    });
  });

  test("tells every mistake in the settings, and looks no further", async () => {
    const { ok, findings } = await examine({ TESSERA_PORT: "x", TESSERA_KAFKA_PASWORD: "y" });
    expect(ok).toBe(false);
    expect(findings.map(({ state }) => state)).toEqual(["wrong", "wrong", "skipped"]);
    expect(findings.map(({ found }) => found).join("\n")).toMatch(/Did you mean TESSERA_KAFKA_PASSWORD/);
  });

  test("tells a folder that is none, and a disk that is full", async () => {
    const none = await examine({
      TESSERA_DIR: join(import.meta.path, "jobs"),
      TESSERA_CLIENT_MASTER: NOBODY,
    });
    expect(none.states["folder.jobs"]).toBe("wrong");
    await inFolder(async (folder) => {
      const full = await examine({ TESSERA_DIR: folder, TESSERA_LIMITS_FREE_BYTES: "60 TiB" });
      expect(full.states).toMatchObject({ "folder.jobs": "ok", "folder.disk": "wrong" });
    });
  });

  test("tells a master that takes no jobs in, and why", async () => {
    const server = startServer({ threads: 1, limits: { freeBytesMin: Number.MAX_SAFE_INTEGER } });
    try {
      const { findings } = await examine({ TESSERA_CLIENT_MASTER: server.url });
      const ready = findings.find(({ check }) => check === "master.ready");
      expect(ready).toMatchObject({ state: "wrong", found: expect.stringContaining("disk_full") });
    } finally {
      await server.stop();
    }
  });

  test("tells a master and a Kafka that are not there", async () => {
    const { states } = await examine({ TESSERA_KAFKA_BROKERS: "127.0.0.1:1" }, "--master", NOBODY);
    expect(states).toMatchObject({ "kafka.reach": "wrong", "master.reach": "wrong" });
  });

  test("tells more threads than cores", async () => {
    const { states } = await examine({ TESSERA_THREADS: "1024", TESSERA_CLIENT_MASTER: NOBODY });
    expect(states).toMatchObject({ "machine.threads": "warning" });
  });
});
