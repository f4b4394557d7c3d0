import { expect, test } from "bun:test";
import { benchKafka, printKafka } from "../../bench/kafka.ts";
import { describeWithKafka } from "../support/on_kafka.ts";

describeWithKafka("the bench on Kafka", () => {
  test("runs tiny, and has a figure for everything", async () => {
    const record = await benchKafka({
      ...{ sides: [600], workers: [2], repeats: 1, perfMessages: 20, roundTrips: 3, idleMs: 100 },
      scaling: { side: 256, tileMs: 5, workers: [1] },
      memory: { side: 600, jobs: 2 },
    });
    expect(record.speed).toMatchObject([{ side: 600, workers: 2, tiles: 4 }]);
    const [row] = record.speed;
    for (const value of [
      row!.tilesPerSecond,
      row!.wireBytes,
      row!.masterCpuMs,
      row!.workersCpuMs,
      row!.ratio,
    ])
      expect(value).toBeGreaterThan(0);
    expect(record.scaling.map(({ workers, slow, tiles }) => [workers, slow, tiles])).toEqual([
      [1, 0, 16],
      [1, 1, 16],
    ]);
    expect(record.roundTrip.p50Ms).toBeGreaterThan(0);
    expect(record.memory).toHaveLength(2);
    const text = printKafka(record);
    for (const part of ["Kafka's own tools", "efficiency", "round trip", "idle worker", "memory after"])
      expect(text).toContain(part);
  });
});
