import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const PEM = join(import.meta.dir, "tls");
const CERTIFICATE = join(PEM, "cert.pem");

const server = Bun.serve({
  ...{ hostname: "127.0.0.1", port: 0, fetch: () => new Response("secure") },
  tls: { cert: readFileSync(CERTIFICATE, "utf8"), key: readFileSync(join(PEM, "key.pem"), "utf8") },
});
afterAll(() => server.stop(true));

/** In a process of its own: which authorities are trusted, and proxies, are its environment's. */
async function ask(environment: Record<string, string>): Promise<string[]> {
  const names = ["images.example", "other.example"];
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, "tls_names.ts"), `${server.port}`, ...names],
    {
      env: { ...process.env, ...environment },
      stdout: "pipe",
      stderr: "inherit",
    },
  );
  return (await child.stdout.text()).trim().split("\n");
}

describe("P7: TLS", () => {
  test("goes by the name, though the connection goes to an address, and by no proxy", async () => {
    const proxy = "http://127.0.0.1:9";
    const environment = { NODE_EXTRA_CA_CERTS: CERTIFICATE, HTTPS_PROXY: proxy, https_proxy: proxy };
    expect(await ask(environment)).toEqual(["200", "(ERR_TLS_CERT_ALTNAME_INVALID)"]);
  });

  test("takes no certificate that nobody vouches for", async () => {
    expect(new Set(await ask({}))).toEqual(new Set(["(DEPTH_ZERO_SELF_SIGNED_CERT)"]));
  });
});
