import { describe, expect, test } from "bun:test";
import { type Installation, predict, type TileCosts } from "../../bench/model.ts";
import { checkModel, findModel, measuredCosts } from "../../bench/model_findings.ts";

const COSTS: TileCosts = {
  masterMs: 1,
  workerMs: 10,
  brokerMs: 0.5,
  taskBytes: 200_000,
  resultBytes: 100_000,
};
const ON: Installation = {
  ...{ nodes: 1, coresANode: 4, masterCores: 4, brokers: 3, brokerCores: 4, replicas: 2 },
  ...{ networkMBs: 1000, brokerMBs: 300 },
};

describe("the model", () => {
  test("few nodes are the limit themselves, and two do twice as much as one", () => {
    const one = predict(COSTS, ON);
    expect(one).toMatchObject({ tilesPerSecond: 400, saturates: "worker threads" });
    expect(predict(COSTS, { ...ON, nodes: 2 }).tilesPerSecond).toBe(2 * one.tilesPerSecond);
  });

  test("many nodes are held up by the broker, then by what comes next", () => {
    // 3 brokers of 300 MB/s, and each tile's 300 KB twice.
    const many = predict(COSTS, { ...ON, nodes: 64 });
    expect(many).toMatchObject({ tilesPerSecond: 1500, saturates: "brokers" });
    expect(predict(COSTS, { ...ON, nodes: 64, brokerMBs: 1e9 }).saturates).toBe("master's cores");
    expect(predict(COSTS, { ...ON, nodes: 64, networkMBs: 100 })).toMatchObject({
      ...{ tilesPerSecond: 500, saturates: "master's network" },
    });
  });

  test("no node more makes it slower, and every limit is there, the lowest first", () => {
    let before = 0;
    for (const nodes of [1, 2, 4, 8, 16, 32, 64]) {
      const { tilesPerSecond, limits } = predict(COSTS, { ...ON, nodes });
      expect(tilesPerSecond).toBeGreaterThanOrEqual(before);
      expect(limits.map((limit) => limit.tilesPerSecond)).toEqual(
        limits.map((limit) => limit.tilesPerSecond).toSorted((a, b) => a - b),
      );
      before = tilesPerSecond;
    }
  });

  test("on one machine all share its cores; what takes time but no core does not", () => {
    const shared = { ...ON, nodes: 4, coresANode: 1, sharedCores: 2 };
    expect(predict(COSTS, shared)).toMatchObject({ saturates: "this machine's cores" });
    expect(predict(COSTS, shared).tilesPerSecond).toBeCloseTo(2000 / 11.5, 6);
    const slow = { ...COSTS, workerMs: 0.1, leastMs: 50 };
    expect(predict(slow, shared)).toMatchObject({ tilesPerSecond: 80, saturates: "worker threads" });
  });

  test("refuses a fleet of nobody", () => {
    expect(() => predict(COSTS, { ...ON, nodes: 0 })).toThrow(RangeError);
  });
});

const SPEED = {
  ...{ side: 4096, workers: 1, tiles: 64, tilesPerSecond: 150, wireBytes: 300_000, bareMs: 3, codecMs: 2 },
  ...{ masterCpuMs: 4, workersCpuMs: 6, brokerCpuMs: 1, ratios: [3], ratiosWithoutCodecs: [2] },
  ...{ wireMibPerSecond: 40, pixelMibPerSeconds: [200] },
};
const SLOW = {
  workers: 8,
  slow: 1,
  tiles: 400,
  sent: 400,
  stageMs: 2600,
  bestMs: 2469,
  efficiencies: [0.95],
};
const ROWS = {
  perf: { messageBytes: 400_000, producers: [100], consumers: [200] },
  speed: [{ ...SPEED, side: 2048, masterCpuMs: 9 }, { ...SPEED, workers: 2 }, SPEED],
  scaling: [
    { workers: 4, slow: 0, tiles: 400, sent: 400, stageMs: 5500, bestMs: 5000, efficiencies: [0.91] },
    SLOW,
  ],
  ...{
    roundTrip: { count: 1, bareMs: 1, p50Ms: 1, p95Ms: 1 },
    idle: { ms: 1, masterCpuMs: 0, workersCpuMs: 0 },
  },
  ...{ memory: [], byOp: [] },
};

describe("the model with measured costs", () => {
  test("takes them from the largest picture with the fewest workers", () => {
    const { costs, brokerMBs } = measuredCosts(ROWS);
    expect(costs).toEqual({
      masterMs: 4,
      workerMs: 6,
      brokerMs: 1,
      taskBytes: 150_000,
      resultBytes: 150_000,
    });
    expect(brokerMBs).toBeCloseTo(104.86, 2);
  });

  test("is checked against every measured run, on the cores that they shared", () => {
    const checks = checkModel(ROWS, 2);
    expect(checks.map(({ what }) => what)).toEqual([
      ...["2048², 1 workers", "4096², 2 workers", "4096², 1 workers"],
      ...["throttled, 4 workers", "throttled, 8 workers, one 10 × slower"],
    ]);
    const full = checks[2]!;
    expect(full.predicted).toBeCloseTo(2000 / 11, 6);
    expect(full.saturates).toBe("this machine's cores");
    const throttled = checks[3]!;
    expect(throttled.measured / throttled.predicted).toBeCloseTo(5000 / 5500, 6);
    expect(checks[4]!.measured / checks[4]!.predicted).toBeCloseTo(2469 / 2600, 6);
  });

  test("prints 1 to 64 nodes, what saturates, and the check", () => {
    const { text, metrics, series } = findModel(ROWS, 2);
    for (const said of ["64", "saturates first", "throttled, 4 workers"]) expect(text).toContain(said);
    expect(metrics.filter(({ id }) => id.startsWith("predicted/"))).toHaveLength(7);
    expect(series!.map(({ id }) => id)).toContain("tiles a second by nodes/predicted");
  });

  test("takes another broker or network for granted if it is told of one", () => {
    const of = (brokerMBs: number) => findModel(ROWS, 2, { brokerMBs }).metrics[0]!.value;
    expect(of(20)).toBeCloseTo(of(10) * 2, 6);
  });
});
