import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../../embedded/server.ts";
import { Authority } from "../../kafka/certificates.ts";

const HEALTH = join(import.meta.dir, "..", "..", "deploy", "health.ts");

interface Answer {
  readonly status: number;
  readonly err: string;
}

/** Asks as a container or a probe does, with no variables but these. */
async function ask(args: readonly string[], env: Record<string, string>): Promise<Answer> {
  const child = Bun.spawn([process.execPath, HEALTH, ...args], { env, stdout: "ignore", stderr: "pipe" });
  const [err, status] = await Promise.all([child.stderr.text(), child.exited]);
  return { status, err };
}

describe("the health check", () => {
  const servers: { stop(force: boolean): unknown }[] = [];
  afterEach(() => servers.splice(0).map((server) => server.stop(true)));

  /** The port of somebody who answers so. */
  const answering = (status: number): string => {
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: ({ url }) => new Response(null, { status: new URL(url).pathname === "/healthz" ? status : 404 }),
    });
    servers.push(server);
    return `${server.port}`;
  };
  /** A port on which there was somebody a moment ago. */
  const silent = (): string => {
    const port = answering(200);
    servers.pop()!.stop(true);
    return port;
  };

  test("finds a service well that serves", async () => {
    const server = startServer({ threads: 1 });
    try {
      const { port } = new URL(server.url);
      expect(await ask(["embedded"], { TESSERA_PORT: port })).toEqual({ status: 0, err: "" });
      expect(await ask(["embedded", "ready"], { TESSERA_PORT: port })).toEqual({ status: 0, err: "" });
      expect(await ask(["master"], { TESSERA_PORT: port, TESSERA_HOST: "localhost" })).toMatchObject({
        status: 0,
      });
    } finally {
      await server.stop();
    }
  });

  test("speaks TLS where the master does, whoever its certificate is for, and finds it on all addresses", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tessera-health-"));
    const authority = await Authority.make(folder, "authority");
    const tls = await authority.sign("elsewhere", ["DNS:tessera.example"]);
    const server = Bun.serve({ hostname: "0.0.0.0", port: 0, tls, fetch: () => new Response() });
    servers.push(server);
    const env = { TESSERA_PORT: `${server.port}`, TESSERA_HOST: "0.0.0.0" };
    try {
      expect(await ask(["master"], { ...env, TESSERA_TLS_CERT: "any" })).toEqual({ status: 0, err: "" });
      expect((await ask(["master"], env)).status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("asks the role that it is told, where that one listens", async () => {
    const env = { TESSERA_PORT: silent(), TESSERA_WORKER_HEALTH_PORT: answering(200) };
    expect(await ask(["worker"], env)).toEqual({ status: 0, err: "" });
    const master = await ask(["master"], env);
    expect(master.status).toBe(1);
    expect(master.err).toStartWith(`http://127.0.0.1:${env.TESSERA_PORT}/healthz does not answer: `);
  });

  test("is content with any of them where no role is said", async () => {
    const [well, gone] = [answering(200), silent()];
    for (const [port, worker] of [
      [well, gone],
      [gone, well],
    ])
      expect(await ask([], { TESSERA_PORT: port!, TESSERA_WORKER_HEALTH_PORT: worker! })).toMatchObject({
        status: 0,
      });
    expect(await ask([], { TESSERA_PORT: well })).toMatchObject({ status: 0 });
    expect(await ask([], { TESSERA_PORT: gone })).toMatchObject({ status: 1 });
  });

  test("finds ill who says so himself, or is asked where nobody is told to listen", async () => {
    const ill = await ask(["master"], { TESSERA_PORT: answering(503) });
    expect(ill).toMatchObject({ status: 1, err: expect.stringContaining("answered 503.") });
    for (const env of [{}, { TESSERA_WORKER_HEALTH_PORT: "0" }])
      expect(await ask(["worker"], env)).toMatchObject({
        status: 1,
        err: expect.stringContaining("TESSERA_WORKER_HEALTH_PORT is not set"),
      });
  });

  test("does not ask a worker whether it would take jobs in, nor anything else", async () => {
    for (const args of [
      ["worker", "ready"],
      ["master", "happy"],
    ])
      expect((await ask(args, {})).status).toBe(2);
  });

  test("says which roles there are", async () => {
    expect(await ask(["kafka"], {})).toEqual({
      status: 2,
      err: "There is no role 'kafka'. Roles: master, embedded, worker.\n",
    });
  });
});
