import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { startServer, type TesseraServer } from "../../embedded/server.ts";
import { Authority, type ClientCertificate } from "../../kafka/certificates.ts";
import { Access } from "../../master/access/access.ts";
import type { Caller } from "../../master/access/caller.ts";
import { TestClock } from "../engine/clock.ts";
import { checkAnswer } from "./answers.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-tls-"));
const files = { cert: join(folder, "server.crt"), key: join(folder, "server.key") };
const HOSTS = ["DNS:localhost", "IP:127.0.0.1"];
let authority: Authority;
let first: ClientCertificate;
let second: ClientCertificate;

beforeAll(async () => {
  authority = await Authority.make(folder, "authority");
  first = await authority.sign("first", HOSTS);
  second = await authority.sign("second", HOSTS);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function install({ cert, key }: ClientCertificate): void {
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);
}

async function withServer(use: (server: TesseraServer, clock: TestClock) => Promise<void>): Promise<void> {
  const clock = new TestClock();
  install(first);
  const server = startServer({ checkAnswer, threads: 1, tls: files, every: clock.every });
  try {
    await use(server, clock);
  } finally {
    await server.stop();
  }
}

/** A new connection. */
function open({ url }: TesseraServer, more = {}): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port: Number(port), ca: authority.certificate, ...more });
  socket.once("secureConnect", () => resolve(socket));
  socket.once("error", reject);
  return promise;
}

/** Whose certificate a new connection gets. */
async function shown(server: TesseraServer): Promise<string> {
  const socket = await open(server);
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

/** Watches jobs, and tells each message as it comes. */
async function watch({ url }: TesseraServer) {
  const socket = new WebSocket(`${url.replace("https", "wss")}/v1/events`, {
    tls: { ca: authority.certificate },
  });
  const once = (type: "open" | "message") => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    socket.addEventListener(type, resolve, { once: true });
    socket.addEventListener("close", reject, { once: true });
    return promise;
  };
  await once("open");
  return {
    subscribe(topic: string) {
      const answer = once("message");
      socket.send(JSON.stringify({ type: "subscribe", topic }));
      return answer;
    },
    close: () => socket.close(),
  };
}

describe("TLS", () => {
  test("is spoken, and told to browsers", () =>
    withServer(async (server) => {
      expect(server.url).toStartWith("https://");
      const response = await fetch(`${server.url}/healthz`, { tls: { ca: authority.certificate } });
      expect(response.status).toBe(200);
      expect(response.headers.get("strict-transport-security")).toContain("max-age");
      const whoami = await fetch(`${server.url}/v1/session`, {
        headers: { origin: server.url, "sec-fetch-site": "same-origin" },
        tls: { ca: authority.certificate },
      });
      expect(((await whoami.json()) as Pick<Caller, "by">).by).toBe("nothing");
    }));

  test.each(["TLSv1", "TLSv1.1"])("P7: is not spoken as of old: %s", (version) =>
    withServer(async (server) => {
      const refused = open(server, { minVersion: version, maxVersion: version });
      await expect(refused).rejects.toThrow(/VERSION|version/);
      expect(await shown(server)).toBe("first");
    }),
  );

  test("takes a new certificate without a restart, and what is under way goes on", () =>
    withServer(async (server, clock) => {
      const watcher = await watch(server);
      install(second);
      expect(await shown(server)).toBe("first");
      clock.pass(10_000);
      expect(await shown(server)).toBe("second");
      await watcher.subscribe("jobs");
      // As Kubernetes and ACME clients do it: other files under the same names.
      for (const name of ["cert", "key"] as const) {
        writeFileSync(`${files[name]}.new`, first[name]);
        renameSync(`${files[name]}.new`, files[name]);
      }
      clock.pass(10_000);
      expect(await shown(server)).toBe("first");
      await watcher.subscribe("workers");
      watcher.close();
    }));

  test("keeps the certificate that it has until the next one is whole", () =>
    withServer(async (server, clock) => {
      const said: unknown[] = [];
      const { error } = console;
      console.error = (text: unknown) => said.push(text);
      try {
        const still = async () => {
          clock.pass(10_000);
          expect(await shown(server)).toBe("first");
        };
        writeFileSync(files.cert, second.cert); // its key has not come yet
        await still();
        writeFileSync(files.key, "-----BEGIN PRIVATE KEY-----\nhalf");
        await still();
        rmSync(files.key);
        await still();
        expect(said).toHaveLength(3);
        expect(said.join()).not.toMatch(/half|tessera-tls/);
        writeFileSync(files.key, second.key);
        clock.pass(10_000);
        expect(await shown(server)).toBe("second");
      } finally {
        console.error = error;
      }
    }));

  test("begins with a certificate and its key, or not at all", () => {
    const start = () => startServer({ checkAnswer, threads: 1, tls: files });
    install({ cert: first.cert, key: second.key });
    expect(start).toThrow(expect.objectContaining({ code: "config_invalid" }));
    install({ cert: first.key, key: first.key });
    expect(start).toThrow(expect.objectContaining({ code: "config_invalid" }));
    copyFileSync(files.cert, files.key);
    rmSync(files.cert);
    expect(start).toThrow(expect.objectContaining({ code: "config_invalid" }));
  });

  test("P7: with a key others are served too, and cookies are bound to the host", async () => {
    const dir = join(folder, "served");
    const access = new Access({ dir });
    const { secret } = access.keys.create({ name: "first", scopes: ["admin"] });
    access.close();
    install(first);
    const server = startServer({ checkAnswer, threads: 1, dir, hostname: "0.0.0.0", tls: files });
    try {
      const url = `https://127.0.0.1:${new URL(server.url).port}/v1/session`;
      const tls = { ca: authority.certificate };
      expect((await fetch(url, { tls })).status).toBe(401);
      const signedIn = await fetch(url, { tls, method: "POST", headers: { "x-api-key": secret } });
      expect(signedIn.headers.get("set-cookie")).toMatch(/^__Host-.*; Secure/);
    } finally {
      await server.stop();
    }
  });
});
