import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "../../client/client.ts";
import { startServer, type TesseraServer } from "../../embedded/server.ts";
import { writePicture } from "../../samples/write.ts";
import { checkAnswer } from "../http/answers.ts";
import { CuttingProxy } from "./cutting_proxy.ts";

let folder: string;
let photo: string;
let server: TesseraServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tessera-connection-"));
  photo = join(folder, "photo.png");
  await writePicture(photo, { width: 900, height: 700, channels: 3, depth: 8, seed: 3 });
  server = startServer({ checkAnswer, threads: 1 });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Whatever becomes of it, the proxy is stopped. */
async function through<T>(proxy: CuttingProxy, use: (url: string) => Promise<T>): Promise<T> {
  try {
    return await use(proxy.url);
  } finally {
    proxy.stop();
  }
}

const direct = () => createClient({ url: server.url });

describe("a connection that is cut", () => {
  test("in the middle of a download is taken up where it was", async () => {
    const { id } = await direct().submit(Bun.file(photo), { format: "png" });
    await direct().wait(id);
    const whole = await new Response((await direct().download(id)).stream).bytes();
    expect(whole.byteLength).toBeGreaterThan(600_000);
    // Twice in the middle, once before the headers, and once between them and the file.
    const ends = [200_000, 300_000, 20, 400];
    const proxy = await CuttingProxy.before(server.url, (n) => ends[n] ?? Number.POSITIVE_INFINITY);
    await through(proxy, async (url) => {
      const received: number[] = [];
      const { stream, bytes } = await createClient({ url }).download(id, {
        onProgress: ({ bytes }) => received.push(bytes),
      });
      expect(Bun.hash(await new Response(stream).bytes())).toBe(Bun.hash(whole));
      expect([bytes, received.at(-1)]).toEqual([whole.byteLength, whole.byteLength]);
      expect(received).toEqual(received.toSorted((a, b) => a - b));
    });
    expect(proxy.connections).toBe(5);
  });

  test("while a job is watched is made anew, and nothing is missed", async () => {
    const { id } = await direct().submit(Bun.file(photo), {
      pipeline: "bilateral(radius=6)",
      tile_size: 128,
    });
    await direct().pauseJob({ id });
    const proxy = await CuttingProxy.before(server.url);
    const states: string[] = [];
    await through(proxy, async (url) => {
      for await (const { state } of createClient({ url }).watch(id)) {
        if (states.at(-1) === state) continue;
        states.push(state);
        if (state !== "paused") continue;
        proxy.cut();
        await direct().resumeJob({ id });
      }
    });
    expect([states[0], states.at(-1)]).toEqual(["paused", "done"]);
    expect(proxy.connections).toBeGreaterThan(1);
  });

  test("is made again for what may be done twice, and not for what may not", async () => {
    const { id } = await direct().submit(Bun.file(photo));
    await direct().wait(id);
    const once = () => CuttingProxy.before(server.url, (n) => (n === 0 ? 10 : Number.POSITIVE_INFINITY));
    const seen = await through(await once(), (url) => createClient({ url }).getJob({ id }));
    expect(seen.state).toBe("done");
    const proxy = await once();
    const cancel = through(proxy, (url) => createClient({ url }).cancelJob({ id }));
    expect(cancel).rejects.toMatchObject({ code: "server_unreachable" });
    await cancel.catch(() => {});
    expect(proxy.connections).toBe(1);
  });

  test("before the answer to an upload makes no second job (P4)", async () => {
    const proxy = await CuttingProxy.before(server.url, (n) => (n === 0 ? 10 : Number.POSITIVE_INFINITY));
    const name = "only-once.png";
    const job = await through(proxy, (url) => createClient({ url }).submit(Bun.file(photo), { name }));
    expect(proxy.connections).toBe(2);
    expect(await Array.fromAsync(direct().eachJob({ text: name }), ({ id }) => id)).toEqual([job.id]);
  });

  test("and stays so is told, with the address", async () => {
    const proxy = await CuttingProxy.before(server.url, () => 10);
    const { url } = proxy;
    const asked = through(proxy, () => createClient({ url, retries: 1 }).isAlive());
    expect(asked).rejects.toThrow(new URL(url).origin);
    await asked.catch(() => {});
    expect(proxy.connections).toBe(2);
  });
});

describe("a server", () => {
  test("where too many watch is looked at instead", async () => {
    const other = startServer({ checkAnswer, threads: 1, limits: { watchersPerOwnerMax: 0 } });
    try {
      const { submit, watch, watchAll, wait } = createClient({ url: other.url });
      const { id } = await submit(Bun.file(photo), { pipeline: "bilateral(radius=6)", tile_size: 128 });
      const first = await watchAll().next();
      expect(first.value).toMatchObject({ id });
      const states = await Array.fromAsync(watch(id), ({ state }) => state);
      expect(states.at(-1)).toBe("done");
      expect(await wait(id)).toMatchObject({ state: "done" });
    } finally {
      await other.stop();
    }
  });

  test("that is none of ours is told apart from one that is", async () => {
    const answers: Record<string, () => Response> = {
      "/page/": () => new Response("<p>welcome</p>", { headers: { "content-type": "text/html" } }),
      "/away/": () => Response.redirect("https://elsewhere.example.com/"),
      "/old/": () =>
        Response.json(
          { code: "route_not_found", title: "There is nothing at this address.", retryable: false },
          { status: 404, headers: { "content-type": "application/problem+json" } },
        ),
      "/new/": () =>
        Response.json(
          { code: "image_too_blue", title: "The image is too blue.", retryable: false },
          { status: 422, headers: { "content-type": "application/problem+json", "x-request-id": "r-1" } },
        ),
      "/gate/": () => new Response("who?", { status: 401 }),
    };
    const stranger = Bun.serve({
      ...{ hostname: "127.0.0.1", port: 0 },
      fetch: ({ url }) => answers[`/${new URL(url).pathname.split("/")[1]}/`]!(),
    });
    const ask = (path: string) =>
      createClient({ url: `${stranger.url}${path}`, retries: 0 })
        .isAlive()
        .then(
          () => undefined,
          (error: unknown) => error,
        );
    try {
      expect(await ask("page")).toMatchObject({ code: "server_unlike" });
      expect(await ask("away")).toMatchObject({ code: "server_unlike" });
      expect(`${await ask("away")}`).toContain("elsewhere.example.com");
      expect(`${await ask("old")}`).toContain("it may be older");
      expect(`${await ask("new")}`).toContain("The image is too blue. (image_too_blue)");
      expect(await ask("new")).toMatchObject({ code: "server_unlike", status: 422, requestId: "r-1" });
      expect(await ask("gate")).toMatchObject({ code: "unauthorized", status: 401 });
    } finally {
      await stranger.stop(true);
    }
  });

  test("that is silent is not waited for for ever", async () => {
    const asked = Promise.withResolvers<void>();
    const silent = Bun.serve({
      ...{ hostname: "127.0.0.1", port: 0 },
      fetch: () => {
        asked.resolve();
        return new Promise<Response>(() => {});
      },
    });
    try {
      const { isAlive } = createClient({ url: silent.url.href, timeoutMs: 100, retries: 0 });
      expect(isAlive()).rejects.toMatchObject({ code: "server_silent" });
      await asked.promise;
      const stop = new AbortController();
      const waiting = isAlive({}, { signal: stop.signal, timeoutMs: 0 });
      stop.abort(new Error("enough"));
      expect(waiting).rejects.toThrow("enough");
      await waiting.catch(() => {});
    } finally {
      await silent.stop(true);
    }
  });

  test("that wants to be left alone is, for as long as it says", async () => {
    const times: number[] = [];
    const busy = Bun.serve({
      ...{ hostname: "127.0.0.1", port: 0 },
      fetch() {
        times.push(performance.now());
        if (times.length > 1) return Response.json({ status: "ok" });
        return new Response(null, { status: 503, headers: { "retry-after": "1" } });
      },
    });
    try {
      expect(await createClient({ url: busy.url.href }).isAlive()).toEqual({ status: "ok" });
      expect(times[1]! - times[0]!).toBeGreaterThan(950);
    } finally {
      await busy.stop(true);
    }
  });
});
