/** Kafka's programs, as jars from Maven Central through `mvn`, kept in the user's cache. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "./run.ts";

export const KAFKA_VERSION = "4.3.1";
const DOWNLOAD_LIMIT_MS = 300_000;

/** Kafka logs through SLF4J and brings no backend: without one nobody would see it start. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tessera</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;

/** Programs that this machine lacks to run a Kafka; empty where nothing is missing. */
export const missingForKafka = ({ secured = false } = {}): readonly string[] =>
  ["java", ...(areFetched() ? [] : ["mvn"]), ...(secured ? ["openssl"] : [])].filter(
    (tool) => Bun.which(tool) === null,
  );

export const areFetched = (): boolean => existsSync(folderOfJars());

/** The folder of Kafka's jars; fetched once, and moved into place whole. */
export async function kafkaLibraries(): Promise<string> {
  const wanted = folderOfJars();
  if (areFetched()) return wanted;
  mkdirSync(cacheFolder(), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder(), "fetching-"));
  try {
    const pom = join(folder, "pom.xml");
    const jars = join(folder, "jars");
    writeFileSync(pom, POM);
    const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${jars}`];
    await run(["mvn", "-q", "-B", "-f", pom, ...goal], DOWNLOAD_LIMIT_MS);
    try {
      renameSync(jars, wanted);
    } catch (error) {
      if (!areFetched()) throw error; // another run was first
    }
    return wanted;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const folderOfJars = (): string => join(cacheFolder(), `kafka-${KAFKA_VERSION}`);

function cacheFolder(): string {
  const { XDG_CACHE_HOME } = process.env;
  const usual = process.platform === "darwin" ? join("Library", "Caches") : ".cache";
  return join(XDG_CACHE_HOME || join(homedir(), usual), "tessera");
}
