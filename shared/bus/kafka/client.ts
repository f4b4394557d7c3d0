import { Kafka, logLevel, type RetryOptions, type SASLOptions } from "kafkajs";

export interface KafkaSettings {
  /** host:port */
  readonly brokers: readonly string[];
  /** Before the name of each topic and group, so that several installations can share one Kafka. */
  readonly prefix?: string;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl?: {
    readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
    readonly username: string;
    readonly password: string;
  };
}

/** About a minute of trying: longer than a broker takes to restart. The consumer wants it said again. */
export const PATIENT: RetryOptions = { initialRetryTime: 100, maxRetryTime: 2000, retries: 30 };
/** For whoever waits for an answer: about two seconds. */
export const BRISK: RetryOptions = { initialRetryTime: 100, maxRetryTime: 1000, retries: 4 };

export function kafkaClient({ brokers, tls, sasl }: KafkaSettings, retry: RetryOptions): Kafka {
  return new Kafka({
    clientId: "tessera",
    brokers: [...brokers],
    logLevel: logLevel.NOTHING, // what matters comes as an error or an event
    connectionTimeout: 3000,
    requestTimeout: 30_000,
    retry,
    ...(tls && { ssl: { ...tls } }),
    ...(sasl && { sasl: sasl as SASLOptions }),
  });
}
