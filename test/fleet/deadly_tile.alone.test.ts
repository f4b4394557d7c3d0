import { expect, test } from "bun:test";
import { readDeadLetters } from "../../shared/bus/kafka/dead_letters.ts";
import { spec } from "../engine/harness.ts";
import { describeOnKafka } from "../support/on_kafka.ts";
import { DEADLY } from "./deadly_thread.ts";
import { Fleet } from "./fleet.ts";
import { ended, expectDone, type Order, submit } from "./job.ts";

const TILE = 64;
const COLUMNS = Math.ceil(DEADLY.width / TILE);
const DEADLY_JOB: Order = { source: spec(DEADLY.width, 500, 1), pipeline: "blur(sigma=1.2)", tileSize: TILE };
const OTHER_JOB: Order = {
  source: spec(1024, 1024, 1),
  pipeline: "sharpen | contrast | blur",
  tileSize: TILE,
};
const ATTEMPTS = 3;

/** Keeps so many workers running, as whoever runs them would. */
class Supervisor {
  deaths = 0;

  constructor(
    private readonly fleet: Fleet,
    workers: number,
  ) {
    for (let i = 0; i < workers; i++) this.start();
  }

  private start(): void {
    const worker = this.fleet.startOddWorker({ thread: "deadly_thread.ts" });
    void worker.exited.then(() => {
      if (this.fleet.ended) return;
      this.deaths++;
      this.start();
    });
  }
}

describeOnKafka("a tile that takes down the process of whoever computes it", ({ broker }) => {
  test("P3: takes down three, however Kafka delivers; its job says which tile, and all else goes well", () =>
    Fleet.run(broker().address, async (fleet) => {
      const { process: master, client } = await fleet.master();
      const watch = await fleet.watch();
      const supervisor = new Supervisor(fleet, 2);
      const [deadly, other] = await Promise.all([
        submit(client, fleet.folder, DEADLY_JOB),
        submit(client, fleet.folder, OTHER_JOB),
      ]);
      const [{ job }] = await Promise.all([
        ended(client, watch, deadly),
        expectDone(client, watch, other, fleet.folder, OTHER_JOB),
      ]);
      const [column, row] = [DEADLY.x / TILE, DEADLY.y / TILE];
      expect(job.error?.code).toBe("tile_lost");
      expect(job.error?.message).toContain(`Tile ${column},${row} of stage 0`);
      expect(supervisor.deaths).toBe(ATTEMPTS);

      const letters = await readDeadLetters(fleet.settings, 10);
      expect(letters).toMatchObject([
        { job: deadly, stage: 0, tile: row * COLUMNS + column, attempt: ATTEMPTS, code: "tile_lost" },
      ]);
      expect(new Set(letters[0]!.workers).size).toBe(ATTEMPTS);

      const next = await submit(client, fleet.folder, OTHER_JOB);
      await expectDone(client, watch, next, fleet.folder, OTHER_JOB);
      expect(supervisor.deaths).toBe(ATTEMPTS);
      expect(master.complaints).toEqual([]);
    }));
});
