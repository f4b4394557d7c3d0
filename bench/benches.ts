import type { Bench } from "./bench.ts";

/** Where the latest record of each bench is kept. */
export const RESULTS = new URL("./results/", import.meta.url).pathname;

/** Loaded when they run, so that none disturbs another's memory or start. In the order in which they run together. */
export const BENCHES: readonly Bench[] = [
  {
    name: "ops",
    about: "each op on one tile, by each engine, on one thread and on all",
    minutes: { quick: 0.4, usual: 1.5 },
    leavesOut: "formats other than RGB8",
    run: async (options) => (await import("./ops.ts")).findOps(options),
  },
  {
    name: "payload",
    about: "size and time of a tile's payload; of photographs if their names follow",
    minutes: { quick: 0.1, usual: 0.3 },
    run: async (options) => (await import("./payload.ts")).findPayload(options),
  },
  {
    name: "dispatch",
    about: "what the master spends on a tile",
    minutes: { quick: 0.1, usual: 0.1 },
    run: async (options) => (await import("./dispatch.ts")).findDispatch(options),
  },
  {
    name: "engine",
    about: "whole images through the embedded engine, beside libvips",
    minutes: { quick: 0.8, usual: 3.5 },
    leavesOut: "300 megapixels, and most pipelines at 80",
    run: async (options) => (await import("./engine.ts")).findEngine(options),
  },
  {
    name: "start",
    about: "how long it takes to start, and a small photo in a running process",
    minutes: { quick: 0.1, usual: 0.1 },
    run: async (options) => (await import("./start.ts")).findStart(options),
  },
  {
    name: "service",
    about: "small jobs over HTTP at 1, 8 and 64 clients: how many, and how soon each is done",
    minutes: { quick: 0.3, usual: 1.6 },
    run: async (options) => (await import("./service.ts")).findService(options),
  },
  {
    name: "memory",
    about: "peak memory and time as images grow",
    minutes: { quick: 0.1, usual: 0.2 },
    leavesOut: "300 megapixels",
    run: async (options) => (await import("./memory.ts")).findMemory(options),
  },
  {
    name: "kafka",
    about: "a master and workers over a real Kafka, beside its own tools",
    minutes: { quick: 0.7, usual: 2.1 },
    leavesOut: "more than two workers with cores of their own, 8192², kinds of op, memory over many jobs",
    run: async (options) => (await import("./kafka_findings.ts")).findKafka(options),
  },
  {
    name: "model",
    about: "what 1 to 64 nodes can do, from the saved record of kafka, and what saturates first",
    minutes: { quick: 0.01, usual: 0.01 },
    run: async ({ model }) => (await import("./model_findings.ts")).findModelIn(RESULTS, model),
  },
  {
    name: "soak",
    about: "mixed load with faults for --minutes, over --bus: memory, jobs lost, pixels wrong",
    minutes: undefined,
    run: async (options) => (await import("./soak.ts")).findSoak(options),
  },
];

/** @throws Error that names those that there are */
export function benchesNamed(names: readonly string[]): Bench[] {
  return names.map((name) => {
    const found = BENCHES.find((bench) => bench.name === name);
    if (found !== undefined) return found;
    throw new Error(
      `There is no bench '${name}'. There is: ${BENCHES.map((bench) => bench.name).join(", ")}.`,
    );
  });
}
