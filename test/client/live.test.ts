import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "../../client/client.ts";
import { startServer, type TesseraServer } from "../../embedded/server.ts";
import { writePicture } from "../../samples/write.ts";
import { checkAnswer } from "../http/answers.ts";
import { CuttingProxy } from "./cutting_proxy.ts";
import { Follower, stateOf } from "./follower.ts";

let folder: string;
let photo: string;
let server: TesseraServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tessera-live-"));
  photo = join(folder, "photo.png");
  await writePicture(photo, { width: 1100, height: 900, channels: 3, depth: 8, seed: 3 });
  server = startServer({ checkAnswer, threads: 1 });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const SLOW = { pipeline: "bilateral(radius=6)", tile_size: 128 } as const;

/** Every tile as the server has it in the end. */
async function tilesOf({ getTiles }: Client, id: string): Promise<string[]> {
  const { stages } = await getTiles({ id });
  return stages.flatMap(({ index, states }) =>
    [...Buffer.from(states, "base64")].map((state, tile) => `${index}/${tile}: ${state}`),
  );
}

describe("a live feed", () => {
  test("P8: tells of many topics on one socket, and of each as a whole first", async () => {
    const proxy = await CuttingProxy.before(server.url);
    const client = createClient({ url: proxy.url });
    const feed = client.live();
    expect(feed.state).toBe("connecting");
    try {
      const jobs = new Follower(feed, "jobs");
      const stats = new Follower(feed, "stats");
      const workers = new Follower(feed, "workers");
      expect(await jobs.message("jobs")).toMatchObject({ snapshot: true, gone: [] });
      expect((await workers.message("workers")).workers).toMatchObject([{ state: "live" }]);
      expect((await stats.message("stats")).stats.workers.live).toBe(1);
      const { id } = await createClient({ url: server.url }).submit(Bun.file(photo), SLOW);
      const tiles = new Follower(feed, `tiles:${id}`);
      const job = new Follower(feed, `job:${id}`);
      expect(await job.message("job")).toMatchObject({ snapshot: true, job: { id } });
      expect((await tiles.message("tiles")).stages).toMatchObject([{ columns: 9, rows: 8 }]);
      await job.message("job", (told) => told.job.state === "done");
      await jobs.message("jobs", (told) => told.jobs.some(({ state }) => state === "done"));
      await tiles.allDone(72);
      expect(proxy.connections).toBe(1);
    } finally {
      feed.close();
      proxy.stop();
    }
  });

  test("P3: goes on where it was when its connection is cut, without a gap and without the whole", async () => {
    const proxy = await CuttingProxy.before(server.url);
    const client = createClient({ url: server.url });
    const feed = createClient({ url: proxy.url }).live();
    const states: string[] = [];
    feed.onState((state) => states.push(state));
    try {
      const { id } = await client.submit(Bun.file(photo), { ...SLOW, pipeline: "bilateral(radius=12)" });
      const tiles = new Follower(feed, `tiles:${id}`);
      await tiles.message("tiles", () => tiles.done() >= 10);
      proxy.cut();
      await stateOf(feed, "lost");
      const seen = tiles.told.length;
      expect(feed.fault).toMatchObject({ code: "server_unreachable" });
      await stateOf(feed, "open");
      await tiles.allDone(72);
      expect(tiles.told[seen]).toMatchObject({ type: "tiles", snapshot: false });
      await client.wait(id);
      expect(tiles.shown()).toEqual(await tilesOf(client, id));
      expect([states, feed.fault]).toEqual([["open", "lost", "open"], undefined]);
    } finally {
      feed.close();
      proxy.stop();
    }
  });

  test("P3: goes on with a server that was started anew, which tells the whole as it is by then", async () => {
    const dir = join(folder, "restarted");
    const before = startServer({ checkAnswer, threads: 1, dir });
    const port = Number(new URL(before.url).port);
    const client = createClient({ url: before.url });
    const feed = client.live();
    let after: TesseraServer | undefined;
    try {
      const { id } = await client.submit(Bun.file(photo), SLOW);
      const job = new Follower(feed, `job:${id}`);
      const tiles = new Follower(feed, `tiles:${id}`);
      await tiles.message("tiles", () => tiles.done() >= 5);
      await before.stop();
      await stateOf(feed, "lost");
      const seen = tiles.told.length;
      after = startServer({ checkAnswer, threads: 1, dir, port });
      await stateOf(feed, "open");
      await job.message("job", (told) => told.job.state === "done");
      await tiles.allDone(72);
      expect(tiles.told[seen]).toMatchObject({ type: "tiles", snapshot: true, part: 0 });
      expect(tiles.shown()).toEqual(await tilesOf(client, id));
    } finally {
      feed.close();
      await after?.stop();
    }
  });

  test("tells each of those who watch the same topic the whole, and nobody after they have left", async () => {
    const client = createClient({ url: server.url });
    const feed = client.live();
    try {
      const stays = new Follower(feed, "jobs");
      await stays.message("jobs");
      const leaves = new Follower(feed, "jobs");
      expect(await leaves.message("jobs")).toMatchObject({ snapshot: true });
      leaves.leave();
      const told = leaves.told.length;
      const { id } = await client.submit(Bun.file(photo));
      await stays.message("jobs", ({ jobs }) => jobs.some((job) => job.id === id && job.state === "done"));
      expect(leaves.told).toHaveLength(told);
    } finally {
      feed.close();
    }
  });

  test("tells of what is not there, or not any more, once", async () => {
    const client = createClient({ url: server.url });
    const feed = client.live();
    try {
      expect(await new Follower(feed, "job:nobody").message("error")).toMatchObject({
        ...{ code: "job_not_found", topic: "job:nobody" },
      });
      expect(await new Follower(feed, "job:no body").message("error")).toMatchObject({
        ...{ code: "request_invalid", topic: "job:no body" },
      });
      const { id } = await client.submit(Bun.file(photo));
      await client.wait(id);
      const job = new Follower(feed, `job:${id}`);
      await job.message("job");
      await client.deleteJob({ id });
      await job.message("gone");
    } finally {
      feed.close();
    }
  });

  test("P7: shows its key, and does not come back where it is refused until it is told to", async () => {
    const closed = startServer({ checkAnswer, threads: 1 });
    const { url } = closed;
    const { secret: key } = await createClient({ url }).createKey({
      body: { name: "root", scopes: ["admin"] },
    });
    const feeds = [createClient({ url, key }).live(), createClient({ url }).live()] as const;
    const [known, stranger] = feeds;
    try {
      expect(await new Follower(known, "jobs").message("jobs")).toMatchObject({ snapshot: true });
      const own = new WebSocket(`${url.replace("http", "ws")}/v1/events`, ["tessera", `tessera.key.${key}`]);
      await new Promise((resolve) => own.addEventListener("open", resolve));
      expect(own.protocol).toBe("tessera");
      own.close();
      expect(() => createClient({ url, key: "no key" }).live()).toThrow(
        expect.objectContaining({ code: "request_invalid" }),
      );
      await stateOf(stranger, "lost");
      expect(stranger.fault).toMatchObject({ code: "unauthorized", status: 401 });
      const states: string[] = [];
      const again = Promise.withResolvers<void>();
      stranger.onState((state) => {
        states.push(state);
        again.resolve();
      });
      stranger.retry();
      await again.promise;
      expect(states).toEqual(["lost"]);
    } finally {
      for (const feed of feeds) feed.close();
      await closed.stop();
    }
  });

  test("says what it wants and no more, and leaves a server that talks nonsense", async () => {
    const heard: string[] = [];
    const left = Promise.withResolvers<void>();
    const odd = Bun.serve({
      ...{ hostname: "127.0.0.1", port: 0 },
      fetch: (request, self) => (self.upgrade(request) ? undefined : new Response()),
      websocket: {
        open: (socket) => void socket.send('{"type":"hello","epoch":"e"}'),
        message(socket, text) {
          heard.push(`${text}`);
          socket.send('{"type":"jobs","topic":"jobs","seq":7,"snapshot":true,"jobs":[],"gone":[]}');
          if (`${text}`.includes("unsubscribe")) socket.send(new Uint8Array(2));
        },
        close: () => left.resolve(),
      },
    });
    const feed = createClient({ url: odd.url.href }).live();
    try {
      const jobs = new Follower(feed, "jobs");
      await jobs.message("jobs");
      jobs.leave();
      await left.promise;
      expect([feed.state, feed.fault?.code]).toEqual(["lost", "server_unlike"]);
      expect(heard.map((text) => JSON.parse(text))).toEqual([
        { type: "subscribe", topic: "jobs" },
        { type: "unsubscribe", topic: "jobs" },
      ]);
    } finally {
      feed.close();
      await odd.stop(true);
    }
  });

  test("P5: is let in when there is place again, and says until then why it is not", async () => {
    const other = startServer({ checkAnswer, threads: 1, limits: { watchersPerOwnerMax: 1 } });
    const client = createClient({ url: other.url });
    const [first, second] = [client.live(), client.live()];
    try {
      await Promise.any([stateOf(first, "open"), stateOf(second, "open")]);
      const [open, waits] = first.state === "open" ? [first, second] : [second, first];
      await stateOf(waits, "lost");
      expect(waits.fault).toMatchObject({ code: "too_many_watchers" });
      open.close();
      await stateOf(waits, "open");
    } finally {
      first.close();
      second.close();
      await other.stop();
    }
  });
});
