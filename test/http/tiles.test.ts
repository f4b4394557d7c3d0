import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TileChange } from "../../master/jobs/tile_map.ts";
import { TILE_STATES, type TileState } from "../../shared/api/states.ts";
import type { TileMapView } from "../../shared/api/tiles.ts";
import type { Task } from "../../shared/bus/messages.ts";
import { settled, withFleet } from "../engine/fleet_bench.ts";
import { type Bench, picture, spec, unowned, withBench } from "../engine/harness.ts";
import { answer, asked } from "../engine/job_states.ts";
import { OwnWorker } from "../engine/own_worker.ts";
import { edgeWithCallers, expectClosed } from "./callers.ts";
import { edgeOf, expectProblem } from "./edge.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-tiles-"));
let image = "";
/** 4 x 3 tiles. */
const SIZE = { columns: 4, rows: 3, tile_width: 64, tile_height: 64, width: 256, height: 192 };

beforeAll(async () => {
  image = await picture(folder, spec(256, 192, 1));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const submit = ({ master }: Pick<Bench, "master">, more = {}) =>
  master.submit({ ...asked, id: "it", source: unowned(image), ...more });

async function shown(bench: Pick<Bench, "master">): Promise<TileMapView> {
  const response = await edgeOf(bench).request("/v1/jobs/it/tiles");
  expect(response.status).toBe(200);
  return (await response.json()) as TileMapView;
}

const bytes = (text: string): number[] => [...Buffer.from(text, "base64")];
const words = (text: string): number[] =>
  Array.from({ length: bytes(text).length / 2 }, (_, i) => Buffer.from(text, "base64").readUInt16LE(2 * i));

function tilesOf({ stages, workers }: TileMapView, index = 0) {
  const stage = stages[index]!;
  const [attempts, who, ms] = [bytes(stage.attempts), words(stage.workers), words(stage.ms)];
  return bytes(stage.states).map((state, tile) => ({
    state: TILE_STATES[state]!,
    attempts: attempts[tile]!,
    worker: workers[who[tile]! - 1],
    ms: ms[tile]!,
  }));
}

const count = (map: TileMapView, state: TileState): number =>
  tilesOf(map).filter((tile) => tile.state === state).length;

describe("GET /v1/jobs/{id}/tiles", () => {
  test("P8: shows who has which tile while the job runs, and who had it once it is done", async () => {
    await withFleet({}, async (bench) => {
      const worker = bench.join();
      worker.tileMs = 70_000;
      await submit(bench);
      const out = await worker.came(2);
      const before = await shown(bench);
      expect(before.stages).toMatchObject([{ index: 0, done: 0, ...SIZE }]);
      expect(tilesOf(before)[out[0]!.tile]).toEqual({
        ...{ state: "in_flight", attempts: 1, worker: worker.id, ms: 0 },
      });
      expect(count(before, "in_flight")).toBe(worker.tasks.length);
      await worker.answer(out[0]!);
      await settled();
      const had = { state: "done" as const, attempts: 1, worker: worker.id, ms: 0xffff };
      expect(tilesOf(await shown(bench))[out[0]!.tile]).toEqual(had);
      await worker.publish(worker.failed(out[1]!));
      await settled();
      expect(tilesOf(await shown(bench))[out[1]!.tile]).toMatchObject({ state: "in_flight", attempts: 2 });
      const answered = new Set<Task>(out.slice(0, 2));
      while (bench.master.job("it")!.state !== "done") {
        for (const task of worker.tasks)
          if (!answered.has(task)) await worker.answer(answered.add(task) && task);
        await settled();
      }
      const after = await shown(bench);
      expect(after.stages[0]!.done).toBe(12);
      expect(tilesOf(after)[out[0]!.tile]).toEqual(had);
      expect(tilesOf(after)[out[1]!.tile]).toMatchObject({ state: "done", attempts: 2 });
    });
  });

  test("shows a stage that gathers figures, one that waits, and a job that waits", async () => {
    await withBench({}, async (bench) => {
      await submit(bench, { pipeline: "equalize | blur(sigma=1)" });
      bench.master.pause("it");
      await submit(bench, { id: "other", pipeline: "flip" });
      const map = await shown(bench);
      expect(map.workers).toEqual([]);
      expect(map.stages.map(({ index }) => index)).toEqual([0, 1]);
      expect(tilesOf(map, 1)).toEqual(
        Array.from({ length: 12 }, () => ({ state: "waiting", attempts: 0, worker: undefined, ms: 0 })),
      );
    });
  });

  test("shows the tile that a job failed by", async () => {
    await withBench({}, async (bench) => {
      new OwnWorker(bench.bus, bench.buffers, (task, worker) =>
        task.tile === 5 ? worker.publish(worker.failed(task)) : answer(task, worker),
      );
      await submit(bench);
      await bench.master.wait("it");
      expect(tilesOf(await shown(bench))[5]).toMatchObject({ state: "failed", attempts: 3 });
    });
  });

  test("P7: takes the scope and the owner, and a job that is there", async () => {
    await withBench({}, async (bench) => {
      await submit(bench, { owner: "ann" });
      const closed = { path: "/v1/jobs/it/tiles", owner: "ann", scope: "read" } as const;
      await expectClosed(edgeWithCallers(bench), closed);
      await expectProblem(await edgeOf(bench).request("/v1/jobs/none/tiles"), "job_not_found");
      expect(() => bench.master.tileMap("none")).toThrow(expect.objectContaining({ code: "job_not_found" }));
    });
  });
});

test("every change of a tile is told: what the map shows can be followed by it", async () => {
  await withFleet({}, async (bench) => {
    const changes: TileChange[] = [];
    const end = bench.master.onTile((change) => changes.push(change));
    let refused = false;
    const worker = bench.join((task, own) => {
      if (task.tile !== 3 || refused) return own.answer(task);
      refused = true;
      return own.publish(own.failed(task));
    });
    await submit(bench);
    await bench.master.wait("it");
    const of = (tile: number) =>
      changes.filter((change) => change.tile === tile).map(({ state, attempt }) => `${state} ${attempt}`);
    expect(of(3)).toEqual(["in_flight 1", "failed 1", "in_flight 2", "done 2"]);
    expect(of(0)).toEqual(["in_flight 1", "done 1"]);
    expect(changes.at(-1)).toMatchObject({ job: "it", stage: 0, worker: worker.id, ms: worker.tileMs });
    end();
    const told = changes.length;
    await submit(bench, { id: "next" });
    await bench.master.wait("next");
    expect(changes).toHaveLength(told);
  });
});

test("a worker that leaves gives its tiles back", async () => {
  await withFleet({}, async (bench) => {
    const changes: TileChange[] = [];
    bench.master.onTile((change) => changes.push(change));
    const worker = bench.join();
    await submit(bench);
    await worker.came(2);
    await worker.beat({ phase: "left" });
    await settled();
    expect(count(await shown(bench), "in_flight")).toBe(0);
    expect(changes.at(-1)).toMatchObject({ state: "waiting" });
  });
});
