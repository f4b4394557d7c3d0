import { join } from "node:path";

export interface JavaOptions {
  /** For longer than a test: the machine code gets better, and takes longer to be made. */
  readonly lasting?: boolean;
  /** System properties, without the `-D`. */
  readonly defines?: readonly string[];
}

/** The command that runs a class of Kafka's with its arguments. Errors are logged to stdout. */
export const javaCommand = (
  libraries: string,
  main: readonly string[],
  { lasting = false, defines = [] }: JavaOptions = {},
): string[] => [
  "java",
  "-Xmx512m",
  ...(lasting ? [] : ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]),
  "-Dorg.slf4j.simpleLogger.logFile=System.out",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
  "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
  ...defines.map((define) => `-D${define}`),
  "-cp",
  join(libraries, "*"),
  ...main,
];
