import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { javaCommand } from "./java.ts";
import { addressOf, type NodePlan, nodeProperties, type Properties, propertiesText } from "./properties.ts";
import { run } from "./run.ts";

const FORMAT_LIMIT_MS = 180_000;
/** All clusters may have the same: they never meet. 16 bytes, in Base64. */
const CLUSTER = Buffer.from("tessera-local-01").toString("base64url");

export interface Preparation {
  readonly libraries: string;
  readonly node: NodePlan;
  readonly cluster: readonly NodePlan[];
  readonly properties?: Properties;
  /** Names and passwords that every SCRAM mechanism knows from the first start on. */
  readonly users?: Readonly<Record<string, string>>;
}

/** Writes the node's settings and formats its data, unless that was done before. @returns the file of the settings */
export async function prepareNode({
  libraries,
  node,
  cluster,
  properties = {},
  users = {},
}: Preparation): Promise<string> {
  mkdirSync(node.data, { recursive: true });
  const file = join(node.data, "..", "server.properties");
  writeFileSync(file, propertiesText({ ...nodeProperties(node, cluster), ...properties }));
  if (existsSync(join(node.data, "meta.properties"))) return file;
  const scram = Object.entries(users).flatMap(([name, password]) =>
    ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((how) => ["-S", `${how}=[name=${name},password=${password}]`]),
  );
  const format = ["kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", file, ...scram];
  await run(javaCommand(libraries, format), FORMAT_LIMIT_MS);
  return file;
}

export const plainAddress = ({ listeners }: NodePlan): string => addressOf(listeners[0]!.port);
