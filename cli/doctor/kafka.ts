import { withAdmin } from "../../shared/bus/kafka/admin.ts";
import { checkTopics, requireTopics } from "../../shared/bus/kafka/topics.ts";
import { kafkaSettings, topicTable } from "../../shared/config/kafka.ts";
import type { Settings } from "../../shared/config/table.ts";
import { asTesseraError, type ErrorCode } from "../../shared/errors.ts";
import { type Finding, ok, warning, wrong } from "./finding.ts";

/** Reached, logged in, with the topics that are needed. */
export async function checkKafka(settings: Settings): Promise<Finding[]> {
  const kafka = kafkaSettings(settings);
  const { brokers } = settings.kafka;
  const where = brokers.join(", ");
  let findings: Finding[];
  try {
    const cluster = await withAdmin(kafka, (admin) => admin.describeCluster());
    findings = [
      ok("kafka.reach", `${where} lets us in; the cluster has ${cluster.brokers.length} brokers.`),
      replication(settings, cluster.brokers.length),
    ];
  } catch (thrown) {
    const { code, message } = asTesseraError(thrown);
    return [
      wrong("kafka.reach", `${where}: ${message} (${code})`, ADVICE[code] ?? "See docs/deployment.md."),
    ];
  }
  return [...findings, ...(await topics(settings))];
}

const ADVICE: Partial<Record<ErrorCode, string>> = {
  bus_unreachable:
    "Start Kafka, or set kafka.brokers (TESSERA_KAFKA_BROKERS) to where it is; see firewalls too.",
  bus_login_refused: "Set kafka.sasl, kafka.username and kafka.password as Kafka has them.",
  bus_certificate_untrusted: "Set kafka.ca to the authority's certificate, or kafka.servername to its name.",
  bus_client_certificate_refused: "Set kafka.cert and kafka.key to what Kafka trusts.",
  bus_not_allowed: "Give this user the rights of docs/kafka-acl.md.",
};

function replication({ kafka }: Settings, brokers: number): Finding {
  const { replication } = kafka;
  if (replication > brokers)
    return wrong(
      "kafka.replication",
      `${replication} copies of each message are wanted of ${brokers} brokers.`,
      "Set kafka.replication (TESSERA_KAFKA_REPLICATION) lower, or add brokers.",
    );
  return replication === 1 && brokers > 1
    ? warning(
        "kafka.replication",
        `Each message lies on one of ${brokers} brokers only.`,
        "Set kafka.replication (TESSERA_KAFKA_REPLICATION) to 3, and make the topics anew.",
      )
    : ok("kafka.replication", `Each message is kept ${replication} times.`);
}

async function topics(settings: Settings): Promise<Finding[]> {
  const kafka = kafkaSettings(settings);
  try {
    await requireTopics(kafka);
  } catch (thrown) {
    const { code, message } = asTesseraError(thrown);
    const advice =
      code === "bus_topic_missing"
        ? "Create them: tessera topics create. If they are there, this user may not see them: docs/kafka-acl.md."
        : (ADVICE[code] ?? "See docs/deployment.md.");
    return [wrong("kafka.topics", `${message} (${code})`, advice)];
  }
  try {
    const faults = await checkTopics(kafka, topicTable(settings));
    if (faults.length === 0) return [ok("kafka.topics", "The topics are as they should be.")];
    return faults.map((fault) =>
      wrong("kafka.topics", fault, "Have it mended: tessera topics create --fix."),
    );
  } catch (thrown) {
    const { code, message } = asTesseraError(thrown);
    const found = `The topics are there; whether they are as they should be was not to be had: ${message} (${code})`;
    const advice = "Ask as a user who may: tessera topics check.";
    return [warning("kafka.topics", found, ADVICE[code] ?? advice)];
  }
}
