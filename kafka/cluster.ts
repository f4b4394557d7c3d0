/**
 * A real Apache Kafka on this machine for as long as a test or a benchmark lasts: on the loopback interface and free
 * ports, with its data in a folder that goes when it stops.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { javaCommand } from "./java.ts";
import { Keeper } from "./keeper.ts";
import { kafkaLibraries } from "./libraries.ts";
import { KafkaNode } from "./node.ts";
import { freePorts } from "./ports.ts";
import { plainAddress, prepareNode } from "./prepare.ts";
import { addressOf, type NodePlan } from "./properties.ts";
import { makeSecurity, type Security, type SecurityFiles, secureListeners, USERS } from "./security.ts";

/** Between asking the system for a free port and using it, somebody else may take it. */
const STARTS_MAX = 3;

export interface KafkaOptions {
  /** With three, topics can have three replicas, and any one node may die. */
  readonly nodes?: 1 | 3;
  /** Listeners that demand TLS and a login, or a certificate, beside the plain one. */
  readonly secured?: boolean;
  /** For longer than a test: slower to start, quicker in the long run. */
  readonly lasting?: boolean;
}

export interface KafkaCluster {
  /** host:port of the first node; plain, for everybody, who may do everything. */
  readonly address: string;
  /** The same of every node. */
  readonly addresses: readonly string[];
  readonly nodes: readonly KafkaNode[];
  /** Where it was asked for. */
  readonly secure?: SecureAccess;
  /** Kills all nodes and starts them again on the same ports and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface SecureAccess extends Security {
  /** host:port a node; TLS and a login: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 (see `USERS`), OAUTHBEARER (see `token`). */
  readonly login: readonly string[];
  /** host:port a node; TLS and a certificate of the client's. */
  readonly mutual: readonly string[];
}

/** @throws Error with Kafka's output if it does not start */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const libraries = await kafkaLibraries();
  for (let start = 1; ; start++) {
    const folder = mkdtempSync(join(tmpdir(), "tessera-kafka-"));
    const keeper = new Keeper(folder);
    try {
      return await startIn(folder, keeper, libraries, options);
    } catch (error) {
      await keeper.end();
      if (start === STARTS_MAX || !String(error).includes("BindException")) throw error;
    }
  }
}

async function startIn(
  folder: string,
  keeper: Keeper,
  libraries: string,
  { nodes: count = 1, secured = false, lasting = false }: KafkaOptions,
): Promise<KafkaCluster> {
  const security = secured ? await makeSecurity(folder) : undefined;
  const plans = await planCluster(folder, count, secured);
  const nodes = await Promise.all(
    plans.map((plan) => prepared(plan, plans, { keeper, libraries, security, lasting })),
  );
  const startAll = () => Promise.all(nodes.map((node) => node.start()));
  const killAll = () => Promise.all(nodes.map((node) => node.kill()));
  await startAll();
  return {
    address: nodes[0]!.address,
    addresses: nodes.map(({ address }) => address),
    nodes,
    ...(security && {
      secure: { ...security.security, login: portsOf(plans, 1), mutual: portsOf(plans, 2) },
    }),
    async restart() {
      await killAll();
      await startAll();
    },
    async stop() {
      await killAll(); // its data goes with it: there is nothing to end in good order
      await keeper.end();
    },
  };
}

async function planCluster(folder: string, count: number, secured: boolean): Promise<NodePlan[]> {
  const ports = await freePorts(4 * count);
  return Array.from({ length: count }, (_, i) => {
    const [client, controllerPort, login, mutual] = ports.slice(4 * i, 4 * i + 4);
    const plain = { name: "CLIENT", protocol: "PLAINTEXT", port: client! } as const;
    return {
      id: i + 1,
      listeners: [plain, ...(secured ? secureListeners(login!, mutual!) : [])],
      controllerPort: controllerPort!,
      data: join(folder, `node-${i + 1}`, "data"),
    };
  });
}

interface Surroundings {
  readonly keeper: Keeper;
  readonly libraries: string;
  readonly security: SecurityFiles | undefined;
  readonly lasting: boolean;
}

async function prepared(
  node: NodePlan,
  cluster: readonly NodePlan[],
  { keeper, libraries, security, lasting }: Surroundings,
): Promise<KafkaNode> {
  const properties = security?.properties ?? {};
  const users = security ? USERS : {};
  const file = await prepareNode({ libraries, node, cluster, properties, users });
  const java = { lasting, defines: security?.defines ?? [] };
  return new KafkaNode({
    address: plainAddress(node),
    command: javaCommand(libraries, ["kafka.Kafka", file], java),
    keeper,
  });
}

const portsOf = (plans: readonly NodePlan[], listener: number): string[] =>
  plans.map(({ listeners }) => addressOf(listeners[listener]!.port));
