import { expect, test } from "bun:test";
import { withBench } from "../engine/harness.ts";
import { edgeOf } from "../http/edge.ts";

test("P7: no other origin is let in", async () => {
  await withBench({}, async (bench) => {
    const app = edgeOf(bench);
    const asked = { origin: "https://evil.example", "access-control-request-method": "POST" };
    for (const [method, path] of [
      ["OPTIONS", "/v1/jobs"],
      ["GET", "/v1/jobs"],
      ["GET", "/v1/transforms"],
      ["GET", "/healthz"],
    ] as const) {
      const { headers } = await app.request(path, { method, headers: asked });
      expect(headers.get("access-control-allow-origin")).toBeNull();
      expect(headers.get("access-control-allow-methods")).toBeNull();
    }
  });
});
