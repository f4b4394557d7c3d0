/** One plain node that is kept between runs, on a port that the user knows. */
import { join } from "node:path";
import { javaCommand } from "./java.ts";
import { Keeper } from "./keeper.ts";
import { areFetched, KAFKA_VERSION, kafkaLibraries, missingForKafka } from "./libraries.ts";
import { KafkaNode } from "./node.ts";
import { freePorts, isFree } from "./ports.ts";
import { prepareNode } from "./prepare.ts";
import { addressOf, type NodePlan } from "./properties.ts";

export interface LocalKafkaOptions {
  readonly port: number;
  /** Formatted if it is new. */
  readonly folder: string;
  /** Is told what takes its time. */
  readonly onWait: (sentence: string) => void;
}

/** What keeps Kafka from running, and what the user can do. */
export class Hindrance extends Error {
  override readonly name = "Hindrance";
}

const PROGRAMS: Readonly<Record<string, string>> = {
  java: "Java 17 or later (Debian, Ubuntu: apt install openjdk-17-jre-headless; macOS: brew install openjdk)",
  mvn: "Maven (Debian, Ubuntu: apt install maven; macOS: brew install maven)",
};

/** Everything but the start. @throws Hindrance */
export async function prepareLocalKafka({ port, folder, onWait }: LocalKafkaOptions): Promise<KafkaNode> {
  const missing = missingForKafka().map((tool) => PROGRAMS[tool] ?? tool);
  if (missing.length > 0) throw new Hindrance(`Kafka needs ${missing.join(" and ")}.`);
  if (!(await isFree(port))) throw new Hindrance(portTaken(port));
  if (!areFetched()) onWait(`Fetching Kafka ${KAFKA_VERSION} by Maven, this once (some 50 MB) …`);
  const libraries = await kafkaLibraries();
  const [controllerPort] = await freePorts(1);
  const plan: NodePlan = {
    id: 1,
    listeners: [{ name: "CLIENT", protocol: "PLAINTEXT", port }],
    controllerPort: controllerPort!,
    data: join(folder, "log"),
  };
  const settings = await prepareNode({ libraries, node: plan, cluster: [plan] });
  const command = javaCommand(libraries, ["kafka.Kafka", settings], { lasting: true });
  return new KafkaNode({ address: addressOf(port), command, keeper: new Keeper() });
}

/** What Kafka said when it did not start, in a sentence if we know it. */
export function hindranceOf(thrown: unknown, { port, folder }: LocalKafkaOptions): unknown {
  const text = String(thrown);
  if (/UnsupportedClassVersionError|Unable to locate a Java Runtime/.test(text))
    return new Hindrance(`Kafka needs ${PROGRAMS.java}.`);
  if (/acquire lock on file/.test(text))
    return new Hindrance(
      `Another Kafka is at work in ${folder}. Stop it, or choose another folder by --data.`,
    );
  if (/BindException/.test(text)) return new Hindrance(portTaken(port));
  return thrown;
}

const portTaken = (port: number): string =>
  `Port ${port} of 127.0.0.1 is taken. If no Kafka is running there already, choose another by --port.`;
