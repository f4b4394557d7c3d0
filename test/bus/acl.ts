import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  type AclEntry,
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type Admin,
  ResourcePatternTypes,
} from "kafkajs";
import { BRISK, type KafkaSettings, kafkaClient } from "../../shared/bus/kafka/client.ts";

const RECIPE = join(import.meta.dir, "..", "..", "docs", "kafka-acl.md");

const OPERATIONS: Readonly<Record<string, AclOperationTypes>> = {
  Delete: AclOperationTypes.DELETE,
  Create: AclOperationTypes.CREATE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
};

/** What the commands in docs/kafka-acl.md would add. */
export function recipe(prefix: string): AclEntry[] {
  const lines = readFileSync(RECIPE, "utf8").split("\n");
  return lines.filter((line) => line.startsWith("acls --")).flatMap((line) => entriesOf(line, prefix));
}

function entriesOf(line: string, prefix: string): AclEntry[] {
  const args = line
    .replaceAll(/\$\{P\}|"/g, (found) => (found === '"' ? "" : prefix))
    .split(" ")
    .slice(1);
  const many = { type: "string" as const, multiple: true as const, default: [] as string[] };
  const { values } = parseArgs({
    args,
    options: {
      "allow-principal": { type: "string" },
      operation: many,
      topic: many,
      group: many,
      "resource-pattern-type": { type: "string", default: "literal" },
    },
  });
  const { TOPIC, GROUP } = AclResourceTypes;
  const resources = [
    ...values.topic.map((resourceName) => ({ resourceType: TOPIC, resourceName })),
    ...values.group.map((resourceName) => ({ resourceType: GROUP, resourceName })),
  ];
  const isPrefix = values["resource-pattern-type"] === "prefixed";
  return resources.flatMap((resource) =>
    values.operation.map((operation) => ({
      ...resource,
      resourcePatternType: isPrefix ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
      principal: values["allow-principal"]!,
      host: "*",
      operation: OPERATIONS[operation]!,
      permissionType: AclPermissionTypes.ALLOW,
    })),
  );
}

/** Adds rights, or what is denied whatever else is allowed. Resolves when the broker knows them. */
export const addAcls = (settings: KafkaSettings, acl: AclEntry[]): Promise<void> =>
  change(settings, async (admin) => {
    const wanted = (await count(admin)) + acl.length;
    await admin.createAcls({ acl });
    // the broker knows them a moment after the controller
    while ((await count(admin)) < wanted);
  });

/** Takes back what was added. Resolves when the broker knows it. */
export const removeAcls = (settings: KafkaSettings, acl: AclEntry[]): Promise<void> =>
  change(settings, async (admin) => {
    const wanted = (await count(admin)) - acl.length;
    await admin.deleteAcls({ filters: acl });
    while ((await count(admin)) > wanted);
  });

async function count(admin: Admin): Promise<number> {
  const { resources } = await admin.describeAcls({
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY,
  });
  return resources.reduce((sum, { acls }) => sum + acls.length, 0);
}

async function change(settings: KafkaSettings, work: (admin: Admin) => Promise<void>): Promise<void> {
  const admin = kafkaClient(settings, BRISK).admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}
