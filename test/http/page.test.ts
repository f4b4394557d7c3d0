import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { Hono } from "hono";
import { servePage } from "../../master/http/page.ts";
import { problem } from "../../master/http/problem.ts";
import { PAGES } from "../../shared/pages.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-built-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SCRIPT = "export const page = true;";

function built(): Hono {
  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>Tessera</title>");
  writeFileSync(join(folder, "sources.hash"), "secret");
  writeFileSync(join(folder, "assets", "main-1.js"), SCRIPT);
  writeFileSync(join(folder, "assets", "main-1.js.gz"), gzipSync(SCRIPT));
  return app(folder);
}

function app(from: string): Hono {
  const made = new Hono();
  made.onError((thrown) => problem(thrown, "1"));
  servePage(made, from);
  return made;
}

describe("the page's files", () => {
  test("are one document at every address of a view, under a policy that lets nothing else in", async () => {
    const page = built();
    for (const path of Object.values(PAGES)) {
      const response = await page.request(path.replace(":id", "7"));
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get("content-type")).toStartWith("text/html");
      expect(response.headers.get("cache-control")).toBe("no-cache");
      const policy = response.headers.get("content-security-policy")!;
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(await response.text()).toContain("<title>Tessera</title>");
    }
  });

  test("are kept for ever where their names tell what is in them, and come compressed to whoever takes it so", async () => {
    const page = built();
    const plain = await page.request("/assets/main-1.js");
    expect(plain.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(plain.headers.get("content-type")).toStartWith("text/javascript");
    expect(await plain.text()).toBe(SCRIPT);
    const packed = await page.request("/assets/main-1.js", { headers: { "accept-encoding": "gzip" } });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(packed.headers.get("vary")).toBe("Accept-Encoding");
    expect(gunzipSync(await packed.bytes()).toString()).toBe(SCRIPT);
  });

  test("P7: are all that can be had: nothing beside them, by whatever way", async () => {
    const page = built();
    for (const path of [
      "/assets/",
      "/assets/none.js",
      "/assets/..%2fsources.hash",
      "/assets/%2e%2e/sources.hash",
      "/assets/..%5csources.hash",
      "/assets//etc/passwd",
      "/assets/%00",
      "/assets/main-1.js%00",
      `/assets/${"a".repeat(5000)}`,
      "/sources.hash",
      "/index.html",
    ])
      expect([path, (await page.request(path)).status]).toEqual([path, 404]);
  });

  test("P6: are missed with a word on what to do where they were never built", async () => {
    const response = await app(join(folder, "nowhere")).request("/jobs");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: "page_not_built" });
  });
});
