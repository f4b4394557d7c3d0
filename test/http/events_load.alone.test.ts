import { expect, test } from "bun:test";
import { loadavg } from "node:os";
import { join } from "node:path";
import { inLong, picture, spec } from "../engine/harness.ts";
import { inFolder } from "../support/folder.ts";
import type { Came, Readers } from "./load/client_process.ts";
import type { Load, Measured, Serving } from "./load/server_process.ts";

const READERS = inLong(100, 500);
const SILENT = READERS / 10;
const CLIENT_PROCESSES = 2;
const SIDE = 4096;
const TILE = 128;
const TILES = (SIDE / TILE) ** 2;

/** The aims are those of a long run; whatever is ten times as slow has another cause than a busy machine. */
const UPDATE_P99_MS = inLong(2500, 250);
const LAG_P99_MS = inLong(500, 50);
const RSS_GROWTH_MAX = 300 << 20;

/** A process of the test, and what it says, in order. */
function start(file: string, argument: Load | Readers) {
  const said: unknown[] = [];
  const waiting: ((message: unknown) => void)[] = [];
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "load", file), JSON.stringify(argument)], {
    stdio: ["ignore", "inherit", "inherit"],
    ipc(message) {
      const next = waiting.shift();
      if (next === undefined) said.push(message);
      else next(message);
    },
  });
  const next = <T>(): Promise<T> => {
    if (said.length > 0) return Promise.resolve(said.shift() as T);
    const ended = child.exited.then((status) => {
      throw new Error(`${file} has ended with ${status}`);
    });
    return Promise.race([
      new Promise<T>((resolve) => waiting.push(resolve as (message: unknown) => void)),
      ended,
    ]);
  };
  return {
    next,
    tell: (message: string) => child.send(message),
    stop: () => child.kill(),
    exited: child.exited,
  };
}

const percentile = (values: readonly number[], part: number): number =>
  Float64Array.from(values).sort()[Math.min(values.length - 1, Math.floor(values.length * part))]!;

test(`P5, P8: ${READERS} readers of a job of ${TILES} tiles, a tenth of them not reading, are told in time`, async () => {
  await inFolder(async (folder) => {
    const source = await picture(folder, spec(SIDE, SIDE));
    const server = start("server_process.ts", {
      ...{ dir: join(folder, "served"), source, tileSize: TILE },
      pipeline: Array.from({ length: inLong(1, 5) }, () => "bilateral | median(radius=3)").join(" | "),
    });
    const { url, job } = await server.next<Serving>();
    const clients = Array.from({ length: CLIENT_PROCESSES }, (_, index) =>
      start("client_process.ts", {
        ...{ url, job, reading: Math.floor((READERS - SILENT) / CLIENT_PROCESSES) },
        ...{ silent: index === 0 ? SILENT : 0, tiles: TILES },
      }),
    );
    try {
      for (const client of clients) await client.next();
      server.tell("run");
      const measured = await server.next<Measured>();
      const came: Came[] = [];
      for (const client of clients) came.push(await client.next<Came>());
      server.tell("stop");
      await server.exited;
      report(measured, came);
    } finally {
      for (const each of [server, ...clients]) each.stop();
    }
  });
}, 300_000);

function report({ events, lags, rssBefore, rssMax, wallMs, state }: Measured, came: readonly Came[]): void {
  const updates = came.flatMap(({ frames }) =>
    Object.values(frames).flatMap(({ tiles, atMs }) => {
      return tiles.flatMap((tile) => atMs.map((at) => at - events[tile]!));
    }),
  );
  const figures = {
    readers: READERS,
    silent: SILENT,
    job_s: wallMs / 1000,
    updates: updates.length,
    update_p50_ms: percentile(updates, 0.5),
    update_p99_ms: percentile(updates, 0.99),
    update_max_ms: percentile(updates, 1),
    lag_p50_ms: percentile(lags, 0.5),
    lag_p99_ms: percentile(lags, 0.99),
    lag_max_ms: percentile(lags, 1),
    rss_before_mib: rssBefore / 2 ** 20,
    rss_max_mib: rssMax / 2 ** 20,
    load: loadavg()[0],
  };
  console.log(JSON.stringify(figures));
  expect(state).toBe("done");
  expect(came.map(({ closed }) => closed)).toEqual(came.map(() => 0));
  expect(figures.update_p99_ms).toBeLessThan(UPDATE_P99_MS);
  expect(figures.lag_p99_ms).toBeLessThan(LAG_P99_MS);
  expect(rssMax - rssBefore).toBeLessThan(RSS_GROWTH_MAX);
}
