import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { startServer } from "../../embedded/server.ts";
import { picture, spec, turn } from "../engine/harness.ts";
import { inFolder } from "../support/folder.ts";
import { linesIn } from "../support/lines.ts";
import { checkAnswer } from "./answers.ts";
import { expectProblem, uploadsIn } from "./edge.ts";

const REQUESTS = 3;
const FILES = 120;

/** An upload that goes on when it is told to. */
function heldUpload(url: string, image: Uint8Array): { goOn: () => void; answer: Promise<Response> } {
  const { promise, resolve: goOn } = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(image.slice(0, 600));
      await promise;
      controller.enqueue(image.slice(600));
      controller.close();
    },
  });
  const headers = { "content-type": "image/png" };
  return { goOn, answer: fetch(`${url}/v1/jobs?pipeline=invert`, { method: "POST", headers, body }) };
}

test(`P5: of ${REQUESTS} requests at a time the next is told to come again, but for a look at its health`, () =>
  inFolder(async (folder) => {
    const dir = join(folder, "served");
    const server = startServer({ dir, threads: 1, checkAnswer, limits: { requestsMax: REQUESTS } });
    const image = new Uint8Array(readFileSync(await picture(folder, spec(40, 30))));
    const held = Array.from({ length: REQUESTS }, () => heldUpload(server.url, image));
    while (uploadsIn(dir).length < REQUESTS) await turn();
    const refused = await fetch(`${server.url}/v1/jobs`);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    await expectProblem(refused, "server_busy");
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    for (const { goOn } of held) goOn();
    for (const { answer } of held) expect((await answer).status).toBe(202);
    expect((await fetch(`${server.url}/v1/jobs`)).status).toBe(200);
    await server.stop();
  }));

test(`P5: of more sockets than there may be files, none keeps a job from its own, and none stays out`, () =>
  inFolder(async (dir) => {
    const main = join(import.meta.dir, "..", "..", "embedded", "main.ts");
    const env = { ...process.env, TESSERA_DIR: dir, TESSERA_PORT: "0", TESSERA_THREADS: "1" };
    const command = ["sh", "-c", `ulimit -n ${FILES} && exec "$0" "$1" 2>&1`, process.execPath, main];
    const child = Bun.spawn(command, { env, stdout: "pipe" });
    const sockets: Socket[] = [];
    try {
      const lines = linesIn(child.stdout);
      const said = async (what: string): Promise<string> => {
        for (;;) {
          const { value, done } = await lines.next();
          if (done) throw new Error("the server has ended");
          if (value.includes(what)) return value;
        }
      };
      const url = /http:\S+/.exec(await said("listens on"))![0];
      const { hostname, port } = new URL(url);
      const image = new Uint8Array(readFileSync(await picture(dir, spec(40, 30))));
      const upload = heldUpload(url, image);
      while (uploadsIn(dir).length < 1) await turn();
      for (let i = 0; i < 2 * FILES; i++) sockets.push(connect(Number(port), hostname).on("error", () => {}));
      await said("no more connections are taken");
      upload.goOn();
      expect((await upload.answer).status).toBe(202);
      for (const socket of sockets) socket.destroy();
      await said("Connections are taken again");
      const { jobs } = (await (await fetch(`${url}/v1/jobs`)).json()) as { jobs: { state: string }[] };
      expect(jobs).toHaveLength(1);
      expect(jobs[0]!.state).not.toBe("failed");
    } finally {
      for (const socket of sockets) socket.destroy();
      child.kill();
      await child.exited;
    }
  }));
