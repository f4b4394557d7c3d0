import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { KAFKA_VERSION } from "../kafka/libraries.ts";
import type { Environment } from "./record.ts";

/** Whose versions the figures depend on; the manifest names exact ones. */
const MEASURED = ["@napi-rs/image", "kafkajs", "sharp"] as const;

export const loadNow = (): number => loadavg()[0]!;

/** What figures depend on beside the code. `before` is the machine's load before the bench began. */
export function environmentNow(before: number, now = new Date()): Environment {
  const revision = gitRevision();
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    platform: `${process.platform}-${process.arch}`,
    versions: { bun: Bun.version, kafka: KAFKA_VERSION, ...packageVersions() },
    load: { before, after: loadNow() },
    date: now.toISOString(),
    ...(revision !== undefined && { revision }),
  };
}

function packageVersions(): Record<string, string> {
  const { dependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return Object.fromEntries(MEASURED.map((name) => [name, dependencies[name]]));
}

/** Nothing where there is no git, or no repository. */
function gitRevision(): string | undefined {
  try {
    const asked = Bun.spawnSync(["git", "describe", "--always", "--dirty"], { cwd: import.meta.dir });
    return asked.exitCode === 0 ? asked.stdout.toString().trim() : undefined;
  } catch {
    return undefined;
  }
}
