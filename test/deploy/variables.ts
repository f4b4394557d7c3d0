/** Every variable that a deployment may set. Tessera refuses to start with one that it does not know. */
const VARIABLES: ReadonlySet<string> = new Set([
  "TESSERA_DIR",
  "TESSERA_HOST",
  "TESSERA_PORT",
  "TESSERA_THREADS",
  "TESSERA_KAFKA_BROKERS",
  "TESSERA_KAFKA_PREFIX",
  "TESSERA_KAFKA_TLS",
  "TESSERA_KAFKA_CA",
  "TESSERA_KAFKA_CERT",
  "TESSERA_KAFKA_KEY",
  "TESSERA_KAFKA_SASL",
  "TESSERA_KAFKA_USERNAME",
  "TESSERA_KAFKA_PASSWORD",
  "TESSERA_KAFKA_PASSWORD_FILE",
  "TESSERA_KAFKA_TASKS_PARTITIONS",
  "TESSERA_KAFKA_RESULTS_PARTITIONS",
  "TESSERA_KAFKA_REPLICATION",
  "TESSERA_KAFKA_MIN_INSYNC",
  "TESSERA_KAFKA_RETENTION_MINUTES",
  "TESSERA_WORKER_NAME",
  "TESSERA_WORKER_HEALTH_PORT",
]);

/** Names that look like settings of Tessera and are none. */
export const unknownIn = (names: Iterable<string>): string[] =>
  [...names].filter((name) => name.startsWith("TESSERA_") && !VARIABLES.has(name));

/** Where the programs are that every deployment starts. */
export const PROGRAMS = ["embedded/main.ts", "master/main.ts", "worker/main.ts", "cli/tessera.ts"];
