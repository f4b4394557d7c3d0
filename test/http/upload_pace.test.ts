import { afterEach, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer, type TesseraServer } from "../../embedded/server.ts";
import type { Limits } from "../../master/limits.ts";
import { picture, spec } from "../engine/harness.ts";
import { checkAnswer } from "./answers.ts";
import { uploadsIn } from "./edge.ts";

let folder = "";
let server: TesseraServer | undefined;

afterEach(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function serve(limits: Partial<Limits>): void {
  folder = mkdtempSync(join(tmpdir(), "tessera-pace-"));
  server = startServer({ dir: join(folder, "served"), threads: 1, limits, checkAnswer });
}

function open(): Socket {
  const { hostname, port } = new URL(server!.url);
  return connect(Number(port), hostname).on("error", () => {});
}

const heads = (type: string, length: number) =>
  `POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`;

/** All that comes until the server ends it. */
async function answerOn(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

/** Gives `bytes` to the socket bit by bit, so much a second. @returns the milliseconds that it took */
async function drip(socket: Socket, bytes: Uint8Array, perSecond: number, times: number): Promise<number> {
  const began = performance.now();
  const step = Math.ceil(perSecond / times);
  for (let sent = 0; sent < bytes.length; sent += step) {
    socket.write(bytes.subarray(sent, sent + step));
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        clearInterval(timer);
        resolve();
      }, 1000 / times);
    });
  }
  return performance.now() - began;
}

describe("P5: a body that comes slowly", () => {
  const PACE = { bytes: 100, everyMs: 500 };
  const part = '--b\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\n\r\n';

  test.each([
    ["image/png", ""],
    ["multipart/form-data; boundary=b", part],
  ])(
    "as %s is refused when next to nothing comes, and nothing stays",
    async (type, start) => {
      serve({ bodyPace: PACE });
      const image = readFileSync(await picture(folder, spec(120, 90)));
      const socket = open();
      socket.write(heads(type, 1_000_000));
      socket.write(start);
      socket.write(image.subarray(0, 5000));
      const answer = process.env.TEST_LONG ? await answerOn(socket) : `${(await once(socket, "data"))[0]}`;
      expect(answer).toStartWith("HTTP/1.1 408 ");
      expect(answer).toContain('"upload_too_slow"');
      expect(uploadsIn(join(folder, "served"))).toEqual([]);
    },
    120_000,
  );

  test("is taken whole as long as it does come", async () => {
    serve({ bodyPace: PACE });
    const image = readFileSync(await picture(folder, spec(60, 50)));
    const socket = open();
    const all = Buffer.concat([image, Buffer.alloc(Math.max(0, 30_000 - image.length))]);
    socket.write(heads("image/png", all.length));
    const answered = once(socket, "data");
    // Five times as long as a body may stand still.
    expect(await drip(socket, all, 10_000, 50)).toBeGreaterThan(5 * PACE.everyMs);
    expect(`${(await answered)[0]}`).toStartWith("HTTP/1.1 202 ");
    socket.destroy();
  });
});

describe.if(Boolean(process.env.TEST_LONG))("P5: with the usual limits a body", () => {
  test("that comes at 10 KB/s is taken whole, and one of which nothing comes is ended", async () => {
    serve({});
    const all = readFileSync(await picture(folder, spec(640, 480)));
    const slow = open();
    slow.write(heads("image/png", all.length));
    const silent = open();
    silent.write(heads("image/png", all.length));
    const ended = answerOn(silent);
    const answered = once(slow, "data");
    expect(await drip(slow, all, 10_000, 10)).toBeGreaterThan(40_000);
    expect(`${(await answered)[0]}`).toStartWith("HTTP/1.1 202 ");
    slow.destroy();
    expect(await ended).toStartWith("HTTP/1.1 408 ");
    expect(uploadsIn(join(folder, "served"))).toHaveLength(1); // the source of the job
  }, 100_000);
});

// Bun takes ten seconds to end them.
describe.if(Boolean(process.env.TEST_LONG))("P5: a socket", () => {
  test("that sends half of its headers, or none, is closed; so is one whose headers are endless", async () => {
    serve({});
    const half = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n";
    const trickling = open();
    trickling.write(half);
    const timer = setInterval(() => trickling.write("x-a: b\r\n"), 500);
    const silent = open();
    const endless = open();
    endless.write(`${half}x: ${"a".repeat(100_000)}\r\n\r\n`);
    expect(await answerOn(endless)).toStartWith("HTTP/1.1 431 ");
    expect(await Promise.all([answerOn(trickling), answerOn(silent)])).toEqual(["", ""]);
    clearInterval(timer);
  }, 40_000);
});
