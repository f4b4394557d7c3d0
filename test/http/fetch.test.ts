import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { ErrorCode } from "../../shared/errors.ts";
import { type Bench, openBench, picture, spec } from "../engine/harness.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { answerOf, type RawServer, rawServer } from "../outbound/servers.ts";
import { type Edge, edgeOf, expectProblem, jobFrom, UPLOAD_BYTES_MAX, uploadsIn } from "./edge.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-fetch-"));
let server: RawServer;
let bench: Bench;
let app: Edge;
let image: Buffer;
let answer: (socket: Socket, head: string) => void;

beforeAll(async () => {
  image = readFileSync(await picture(folder, spec(120, 90)));
  server = await rawServer((socket, head) => answer(socket, head));
  bench = openBench(folder, { outbound: { allow: ["127.0.0.1"], ports: [server.port] } });
  app = edgeOf(bench);
  new OwnWorker(bench.bus, bench.buffers, (task, worker) => worker.answer(task));
});
afterAll(async () => {
  server.stop();
  await bench.master.stop();
  rmSync(folder, { recursive: true, force: true });
});

const submit = (body: unknown, more: { query?: string; app?: Edge; signal?: AbortSignal } = {}) =>
  Promise.resolve(
    (more.app ?? app).request(
      new Request(`http://localhost/v1/jobs${more.query ?? ""}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: typeof body === "string" ? body : JSON.stringify(body),
        ...(more.signal && { signal: more.signal }),
      }),
    ),
  );
const urlOf = (path = "/photos/my%20cat.png?size=full"): string => `http://127.0.0.1:${server.port}${path}`;
const sendImage = (socket: Socket): void => void socket.end(answerOf("200 OK", {}, image));

describe("P6: what is refused leaves nothing", () => {
  afterEach(() => expect(uploadsIn(bench.dir)).toEqual([]));

  const raw = (bytes: string | Buffer) => (socket: Socket) => void socket.end(bytes);
  const answers: [string, (socket: Socket) => void, ErrorCode][] = [
    [
      "a page",
      raw(answerOf("200 OK", { "content-type": "image/png" }, "<html></html>")),
      "image_type_refused",
    ],
    ["not found", raw(answerOf("404 Not Found", {}, "nothing here")), "source_unreachable"],
    ["no content", raw(answerOf("204 No Content", {})), "source_unreachable"],
    ["no bytes", raw(answerOf("200 OK", { "content-length": "0" })), "image_empty"],
    [
      "too long by its own word",
      raw(answerOf("200 OK", { "content-length": "9999999" })),
      "upload_too_large",
    ],
    [
      "too long without a word",
      raw(
        answerOf(
          "200 OK",
          {},
          Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.alloc(UPLOAD_BYTES_MAX)]),
        ),
      ),
      "upload_too_large",
    ],
    [
      "cut off",
      (socket) => socket.end(answerOf("200 OK", { "content-length": "5000" }, image.subarray(0, 900))),
      "source_unreachable",
    ],
    [
      "half an image",
      (socket) => socket.end(answerOf("200 OK", {}, image.subarray(0, 20))),
      "image_truncated",
    ],
    [
      "compressed on the way",
      (socket) => socket.end(answerOf("200 OK", { "content-encoding": "gzip" }, gzipSync(image))),
      "image_type_refused",
    ],
    ["no HTTP", raw("220 smtp.example ESMTP\r\n"), "source_unreachable"],
  ];
  test.each(answers)("a server's answer: %s", async (_, reply, code) => {
    answer = reply;
    await expectProblem(await submit({ source: { url: urlOf() } }), code);
  });

  const bodies: [string, unknown, ErrorCode][] = [
    ["no JSON", "{", "request_invalid"],
    ["no source", {}, "request_invalid"],
    ["a source of another kind", { source: "http://example.com" }, "request_invalid"],
    ["an option that is not there", { source: { url: "http://example.com" }, sepia: 1 }, "request_invalid"],
    ["an address that is none", { source: { url: "photo.jpg" } }, "url_refused"],
    ["an address inside", { source: { url: "http://169.254.169.254/" } }, "url_refused"],
    ["a file", { source: { url: "file:///etc/passwd" } }, "url_refused"],
    ["an address that is too long", { source: { url: `http://x/${"y".repeat(2048)}` } }, "request_invalid"],
  ];
  test.each(bodies)("%s", async (_, body, code) => {
    await expectProblem(await submit(body), code);
  });

  test("options that cannot work", async () => {
    answer = sendImage;
    const source = { url: urlOf() };
    await expectProblem(await submit({ source, pipeline: [{ op: "nothing" }] }), "pipeline_invalid");
    await expectProblem(await submit({ source, quality: 900 }), "output_invalid");
  });

  test("what the caller does not wait for", async () => {
    const leaving = new AbortController();
    const begun = Promise.withResolvers<Socket>();
    answer = (socket) => {
      socket.write(answerOf("200 OK", {}, image.subarray(0, 900)));
      begun.resolve(socket);
    };
    const answered = submit({ source: { url: urlOf() } }, { signal: leaving.signal });
    const socket = await begun.promise;
    const closed = new Promise((resolve) => socket.on("close", resolve));
    leaving.abort();
    await expectProblem(await answered, "upload_interrupted");
    await closed;
  });

  test("P5: more fetches at once than there may be", async () => {
    const sockets: Socket[] = [];
    const full = Promise.withResolvers<void>();
    answer = (socket) => {
      sockets.push(socket);
      if (sockets.length === 16) full.resolve();
    };
    const waiting = Array.from({ length: 16 }, () => submit({ source: { url: urlOf() } }));
    await full.promise;
    await expectProblem(await submit({ source: { url: urlOf() } }), "queue_full");
    for (const socket of sockets) socket.destroy();
    for (const each of waiting) await expectProblem(await each, "source_unreachable");
  });
});

describe("POST /v1/jobs with the address of an image", () => {
  test("fetches it and makes a job of it, with options as JSON", async () => {
    answer = sendImage;
    const pipeline = [{ op: "blur", sigma: 1.5 }, { op: "invert" }];
    const job = await jobFrom(
      await submit({
        source: { url: urlOf() },
        pipeline,
        format: "webp",
        quality: 80,
        lossless: false,
        priority: 7,
      }),
    );
    expect(job).toMatchObject({
      ...{ source: { name: "my cat.png", type: "png", width: 120, bytes: image.length }, priority: 7 },
      ...{ pipeline, output: { format: "webp" } },
    });
    expect((await bench.master.wait(job.id)).state).toBe("done");
  });

  test("takes a pipeline as text, and options of the query", async () => {
    answer = sendImage;
    const source = { url: urlOf("/a/..%2Fb") };
    const job = await jobFrom(await submit({ source, pipeline: "flip | invert" }, { query: "?format=png" }));
    expect(job).toMatchObject({ source: { name: "b" }, pipeline: [{ op: "flip" }, { op: "invert" }] });
    const named = await jobFrom(await submit({ source, name: "x.png" }));
    expect(named.source.name).toBe("x.png");
    for (const { id } of [job, named]) await bench.master.wait(id);
  });
});

test("a server that goes nowhere says so", async () => {
  const own = openBench(join(folder, "off"), { outbound: { enabled: false } });
  try {
    const body = { source: { url: "https://example.com/a.png" } };
    await expectProblem(await submit(body, { app: edgeOf(own) }), "outbound_off");
  } finally {
    await own.master.stop();
  }
});
