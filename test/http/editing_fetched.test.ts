import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bench, openBench, picture, spec } from "../engine/harness.ts";
import { answerOf, type RawServer, rawServer } from "../outbound/servers.ts";
import { type Edge, edgeOf, expectProblem, uploadsIn } from "./edge.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-editing-fetched-"));
let server: RawServer;
let bench: Bench;
let app: Edge;
let image: Buffer;

beforeAll(async () => {
  image = readFileSync(await picture(folder, spec(120, 90)));
  const give = (socket: Socket, head: string) =>
    void socket.end(
      head.startsWith("GET /photo.png") ? answerOf("200 OK", {}, image) : answerOf("404 Not Found", {}),
    );
  server = await rawServer(give);
  bench = openBench(folder, { outbound: { allow: ["127.0.0.1"], ports: [server.port] } });
  app = edgeOf(bench);
});
afterEach(() => expect(uploadsIn(bench.dir)).toEqual([]));
afterAll(async () => {
  server.stop();
  await bench.master.stop();
  rmSync(folder, { recursive: true, force: true });
});

const send = (body: unknown, to: Edge = app): Promise<Response> =>
  Promise.resolve(
    to.request("/v1/proxies", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );

describe("POST /v1/proxies with an address", () => {
  test("fetches the image to be edited", async () => {
    const response = await send({ source: { url: `http://127.0.0.1:${server.port}/photo.png` } });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ id: expect.any(String), width: 120, height: 90 });
  });

  test("P7: goes nowhere that the server may not go, and says so", async () => {
    const refused = await send({ source: { url: `http://169.254.169.254:${server.port}/photo.png` } });
    await expectProblem(refused, "url_refused");
    const gone = await send({ source: { url: `http://127.0.0.1:${server.port}/nothing` } });
    await expectProblem(gone, "source_unreachable");
    const off = openBench(join(folder, "off"), { outbound: { enabled: false } });
    const url = "https://example.com/photo.png";
    await expectProblem(await send({ source: { url } }, edgeOf(off)), "outbound_off");
    await off.master.stop();
    await expectProblem(await send({ source: { path: "/etc/passwd" } }), "request_invalid");
  });
});
