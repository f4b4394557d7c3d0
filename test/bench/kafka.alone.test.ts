import { expect, test } from "bun:test";
import { benchKafka, printKafka } from "../../bench/kafka.ts";
import { kafkaMetrics, kafkaSeries } from "../../bench/kafka_findings.ts";
import {
  benchKafkaOps,
  kafkaOpsMetrics,
  kafkaOpsSeries,
  OP_KINDS,
  printKafkaOps,
} from "../../bench/kafka_ops.ts";
import { findModel } from "../../bench/model_findings.ts";
import { parseRecord, recordText } from "../../bench/record.ts";
import { benchSoak, soakFaults, soakMetrics } from "../../bench/soak.ts";
import { describeWithKafka } from "../support/on_kafka.ts";
import { record as recordOf } from "./records.ts";

/** Processes and brokers by the dozen, on a machine that may be busy. */
const LIMIT_MS = 300_000;

describeWithKafka("the bench on Kafka", () => {
  test(
    "runs tiny, and has a figure for everything",
    async () => {
      const record = await benchKafka({
        ...{
          sides: [600],
          workers: [2],
          repeats: 1,
          perfMessages: 20,
          perfRuns: 1,
          roundTrips: 3,
          idleMs: 100,
        },
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
        ...row!.ratios,
      ])
        expect(value).toBeGreaterThan(0);
      expect(record.scaling.map(({ workers, slow, tiles }) => [workers, slow, tiles])).toEqual([
        [1, 0, 16],
        [1, 1, 16],
      ]);
      const { bareMs, p50Ms } = record.roundTrip;
      expect(bareMs).toBeGreaterThan(0);
      expect(p50Ms + bareMs).toBeGreaterThan(0); // each is measured at a time of its own
      expect(record.memory).toHaveLength(2);
      const text = printKafka(record);
      for (const part of ["Kafka's own tools", "efficiency", "round trip", "idle worker", "memory after"])
        expect(text).toContain(part);

      const rows = { ...record, byOp: [] };
      const metrics = kafkaMetrics(record);
      for (const id of ["efficiency/1 workers", "speed/600², 2 workers", "memory at the end/master"])
        expect(metrics.find((metric) => metric.id === id)!.value).toBeGreaterThan(0);
      const held = recordOf("kafka", metrics, { rows, series: kafkaSeries(record) });
      expect(parseRecord(JSON.parse(recordText(held)), "it").series).toHaveLength(4);
      expect(findModel(rows, 2).text).toContain("throttled, 1 workers");
    },
    LIMIT_MS,
  );

  test(
    "runs each kind of op tiny, with its tail and its lag",
    async () => {
      const rows = await benchKafkaOps({
        ...{ ops: OP_KINDS, workers: [2], repeats: 1, side: 600, throttledSide: 200 },
      });
      expect(rows.map(({ op, workers, tiles }) => `${op}: ${tiles} by ${workers}`)).toEqual([
        ...["cheap: 4 by 2", "dear: 4 by 2", "throttled: 16 by 2"],
      ]);
      for (const { tailMs, wireBytesPerTile, cpuMsPerTile } of rows)
        for (const value of [tailMs, wireBytesPerTile, cpuMsPerTile.workers])
          expect(value).toBeGreaterThan(0);
      const held = recordOf("kafka", kafkaOpsMetrics(rows), { rows, series: kafkaOpsSeries(rows) });
      expect(parseRecord(JSON.parse(recordText(held)), "it").series).toHaveLength(3);
      expect(printKafkaOps(rows)).toContain("throttled, 2");
    },
    LIMIT_MS,
  );

  test(
    "soaks tiny: workers are killed, leave and join, the broker is restarted, and nothing is lost",
    async () => {
      const first = ["join", "kill", "broker", "leave"] as const;
      const found = await benchSoak({ ms: 9000, bus: "kafka", seed: 1, faultMsMax: 1600, first });
      expect({ faults: soakFaults(found), errors: found.counts.errors }).toEqual({ faults: [], errors: {} });
      for (const fault of first) expect(found.faults[fault]).toBeGreaterThan(0);
      expect(soakMetrics(found).map(({ id }) => id)).toContain("growth of the master/kafka");
    },
    LIMIT_MS,
  );
});
