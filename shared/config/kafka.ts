import type { KafkaSettings } from "../bus/kafka/client.ts";
import { clientCredentials } from "../bus/kafka/oauth.ts";
import type { TopicTable } from "../bus/kafka/topics.ts";
import { TesseraError } from "../errors.ts";
import { readPem } from "./files.ts";
import type { Settings } from "./table.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A heartbeat is of use for seconds, and names a worker and its partitions. */
const HEARTBEATS = { retentionMs: 10 * MINUTE_MS, messageBytesMax: 64 * 1024 };

/** How to reach Kafka. @throws config_invalid if a PEM file cannot be read any more */
export function kafkaSettings({ kafka }: Settings): KafkaSettings {
  const { brokers, prefix, tls } = kafka;
  const sasl = loginOf(kafka);
  return { brokers, prefix, ...(tls && { tls: tlsOf(kafka) }), ...(sasl && { sasl }) };
}

function tlsOf({ ca, cert, key, servername }: Settings["kafka"]): NonNullable<KafkaSettings["tls"]> {
  return {
    ...(ca && { ca: pemText("kafka.ca", ca) }),
    ...(cert && { cert: pemText("kafka.cert", cert) }),
    ...(key && { key: pemText("kafka.key", key) }),
    ...(servername && { servername }),
  };
}

function pemText(name: string, path: string): string {
  const read = readPem(path);
  if (read.ok) return read.text;
  throw new TesseraError("config_invalid", `${name}: the file that it names ${read.why}`);
}

function loginOf(kafka: Settings["kafka"]): KafkaSettings["sasl"] {
  const { sasl, username = "", password = "" } = kafka;
  if (sasl === "none") return undefined;
  if (sasl === "oauthbearer") return { mechanism: sasl, token: clientCredentials(clientOf(kafka)) };
  return { mechanism: sasl, username, password };
}

const clientOf = ({
  token_url: url = "",
  client_id: clientId = "",
  client_secret: clientSecret = "",
  scope,
}: Settings["kafka"]) => ({
  ...{ url, clientId, clientSecret },
  ...(scope && { scope }),
});

/** How the topics are to be. */
export function topicTable({ kafka }: Settings): TopicTable {
  const { replication: replicas, min_insync: minInSync, message_bytes: messageBytesMax } = kafka;
  const work = { replicas, minInSync, messageBytesMax, retentionMs: kafka.retention_minutes * MINUTE_MS };
  return {
    tasks: { ...work, partitions: kafka.tasks_partitions },
    results: { ...work, partitions: kafka.results_partitions },
    heartbeats: { ...work, ...HEARTBEATS, partitions: 1 },
    "dead-letters": { ...work, partitions: 1, retentionMs: kafka.dead_letters_retention_days * DAY_MS },
  };
}
