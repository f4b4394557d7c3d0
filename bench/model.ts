/**
 * What a fleet can do, on paper: a tile costs each part of the installation so much, each part has so much to give, and
 * the part that runs out first sets the pace. Queues are taken to be deep enough that nobody waits for anybody else.
 */

/** What one tile costs. */
export interface TileCosts {
  /** CPU milliseconds of each process. Codecs and all else that a job costs once are in the master's, by the tile. */
  readonly masterMs: number;
  readonly workerMs: number;
  readonly brokerMs: number;
  /** Bytes of the task and of its result. */
  readonly taskBytes: number;
  readonly resultBytes: number;
  /** A tile takes its thread at least so long, though it may not use a core. */
  readonly leastMs?: number;
}

export interface Installation {
  /** Machines with one worker each. */
  readonly nodes: number;
  readonly coresANode: number;
  readonly masterCores: number;
  readonly brokers: number;
  readonly brokerCores: number;
  readonly replicas: number;
  /** Megabytes (10⁶ bytes) a second of each machine's network, in each direction. */
  readonly networkMBs: number;
  /** Megabytes a second that one broker takes in, and gives out at the same time. */
  readonly brokerMBs: number;
  /** All processes share so many cores, on one machine; what is said of the others' cores is then the threads that they have. */
  readonly sharedCores?: number;
}

export interface Limit {
  readonly what: string;
  readonly tilesPerSecond: number;
}

export interface Prediction {
  readonly tilesPerSecond: number;
  /** What saturates first. */
  readonly saturates: string;
  /** Every limit, the lowest first. */
  readonly limits: readonly Limit[];
}

/** @throws RangeError if there is nobody to work */
export function predict(costs: TileCosts, on: Installation): Prediction {
  if (on.nodes < 1 || on.coresANode <= 0) throw new RangeError("a fleet has at least one node with a core");
  const limits = [...cpuLimits(costs, on), ...byteLimits(costs, on)]
    .filter(({ tilesPerSecond }) => Number.isFinite(tilesPerSecond))
    .sort((a, b) => a.tilesPerSecond - b.tilesPerSecond);
  const [first] = limits;
  if (first === undefined) throw new RangeError("a tile costs something");
  return { tilesPerSecond: first.tilesPerSecond, saturates: first.what, limits };
}

function cpuLimits({ masterMs, workerMs, brokerMs, leastMs = 0 }: TileCosts, on: Installation): Limit[] {
  const { nodes, coresANode, masterCores, brokers, brokerCores, sharedCores } = on;
  const limit = (what: string, cores: number, ms: number) => ({ what, tilesPerSecond: (1000 * cores) / ms });
  const threads = limit("worker threads", nodes * coresANode, Math.max(workerMs, leastMs));
  if (sharedCores !== undefined)
    return [limit("this machine's cores", sharedCores, masterMs + workerMs + brokerMs), threads];
  return [
    threads,
    limit("master's cores", masterCores, masterMs),
    limit("brokers' cores", brokers * brokerCores, brokerMs),
  ];
}

function byteLimits({ taskBytes, resultBytes }: TileCosts, on: Installation): Limit[] {
  const { nodes, brokers, replicas, networkMBs, brokerMBs, sharedCores } = on;
  const limit = (what: string, megabytesPerSecond: number, bytes: number) => ({
    what,
    tilesPerSecond: (megabytesPerSecond * 1e6) / bytes,
  });
  const both = taskBytes + resultBytes;
  // Each direction of a network has its own room; the fuller one counts.
  const fuller = Math.max(taskBytes, resultBytes);
  const stored = limit("brokers", brokers * brokerMBs, both * replicas);
  if (sharedCores !== undefined) return [stored];
  return [
    limit("master's network", networkMBs, fuller),
    limit("workers' network", nodes * networkMBs, fuller),
    // Out of the brokers goes each message to whoever takes it, and to the other replicas.
    limit("brokers' network", brokers * networkMBs, both * replicas),
    stored,
  ];
}
