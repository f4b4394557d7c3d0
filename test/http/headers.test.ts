import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Access } from "../../master/access/access.ts";
import { type Bench, openBench } from "../engine/harness.ts";
import { edgeOf } from "./edge.ts";
import { guard } from "./guarded.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-headers-"));
const LISTED = "https://app.example.com";
let bench: Bench;

beforeAll(() => {
  bench = openBench(folder);
});

afterAll(async () => {
  await bench.master.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("every answer", () => {
  test.each([
    ["/healthz", 200],
    ["/v1/jobs", 401],
    ["/nothing", 404],
  ] as const)("of %s says what may be done with it", async (path, status) => {
    const response = await guard(bench, { tls: {} }).app.request(path);
    expect(response.status).toBe(status);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
      "cache-control": "no-store",
      "strict-transport-security": "max-age=31536000",
    });
  });

  test("speaks of TLS only with TLS", async () => {
    const { headers } = await guard(bench).app.request("/healthz");
    expect(headers.has("strict-transport-security")).toBe(false);
  });

  test("that has a tag may be kept by whom it was for", async () => {
    const { headers } = await guard(bench).app.request("/openapi.json");
    expect(headers.get("cache-control")).toBe("no-cache");
  });
});

describe("CORS", () => {
  const ask = (method: string, origin: string, corsOrigins: readonly string[], more = {}) =>
    edgeOf(bench, { access: new Access({ corsOrigins }) }).request("/v1/jobs", {
      method,
      headers: { origin, ...more },
    });
  const preflight = {
    "access-control-request-method": "DELETE",
    "access-control-request-headers": "X-API-Key",
  };

  test("is closed where no origin is listed", async () => {
    const response = await ask("OPTIONS", LISTED, [], preflight);
    expect(response.status).toBe(405);
    expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test("lets listed origins ask, and read what they need", async () => {
    const allowed = await ask("OPTIONS", LISTED, [LISTED], preflight);
    expect(allowed.status).toBe(204);
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      "access-control-allow-origin": LISTED,
      "access-control-allow-methods": expect.stringContaining("DELETE"),
      "access-control-allow-headers": "X-API-Key",
      "access-control-max-age": "600",
    });
    const answer = await ask("GET", LISTED, [LISTED]);
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, LISTED]);
    expect(answer.headers.get("access-control-expose-headers")).toContain("Location");
    expect(answer.headers.get("vary")).toContain("Origin");
    // A session is not theirs to use.
    expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
  });

  test("lets their pages go on with uploads, and whoever asks himself what there is", async () => {
    const app = edgeOf(bench, { access: new Access({ corsOrigins: [LISTED] }) });
    const gone = await app.request("/v1/uploads/x", { method: "HEAD", headers: { origin: LISTED } });
    const exposed = gone.headers.get("access-control-expose-headers");
    for (const name of ["Upload-Offset", "Upload-Length", "Tus-Resumable", "Location"])
      expect(exposed).toContain(name);
    const { headers } = await app.request("/v1/uploads", { method: "OPTIONS" });
    expect(headers.get("tus-version")).toBe("1.0.0");
  });

  test("tells others nothing", async () => {
    for (const origin of ["https://evil.example", `${LISTED}.evil.example`, "null", LISTED.toUpperCase()])
      for (const method of ["OPTIONS", "GET"]) {
        const { headers } = await ask(method, origin, [LISTED], preflight);
        expect(headers.has("access-control-allow-origin")).toBe(false);
      }
  });
});
