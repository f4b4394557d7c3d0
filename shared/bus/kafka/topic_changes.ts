import { type Admin, ConfigResourceTypes, KafkaJSAggregateError } from "kafkajs";
import { TesseraError } from "../../errors.ts";
import { busFault } from "./faults.ts";
import { faultsOf, segmentBytes, type TopicFault } from "./topic_faults.ts";
import type { WantedTopic } from "./topics.ts";
import { isOfType, untilKnown } from "./until_known.ts";

export interface TopicChanges {
  /** Give topics that have too few partitions more of them. Keys mean nothing here, so no order is lost. */
  readonly raisePartitions?: boolean;
  /** Alter configurations that are wrong. */
  readonly fixConfigs?: boolean;
  /** Told of each thing that was done, in a sentence. */
  readonly onChange?: (sentence: string) => void;
}

/** Makes the topics what they should be, as far as `changes` allows. @returns what is still wrong */
export async function changeTopics(
  admin: Admin,
  wanted: readonly WantedTopic[],
  changes: TopicChanges,
): Promise<TopicFault[]> {
  const tell = changes.onChange ?? (() => {});
  const before = await untilKnown(() => faultsOf(admin, wanted));
  const missing = before.filter(({ kind }) => kind === "missing").map(({ topic }) => topic);
  const few = before.filter(({ kind }) => changes.raisePartitions && kind === "partitions");
  const misconfigured = before.filter(({ kind }) => changes.fixConfigs && kind === "config");
  if (missing.length > 0) await create(admin, missing, tell);
  if (few.length > 0) await raise(admin, few, tell);
  if (misconfigured.length > 0) await alter(admin, misconfigured, tell);
  const changed = new Set([...few, ...misconfigured].map(({ sentence }) => sentence));
  if (missing.length === 0 && changed.size === 0) return before;
  const isPassing = ({ kind, sentence }: TopicFault) => kind === "missing" || changed.has(sentence);
  return untilKnown(
    () => faultsOf(admin, wanted),
    (faults) => !faults.some(isPassing),
  );
}

type Tell = (sentence: string) => void;

/** Another process may be quicker: then they are there, and that is all that was wanted. */
async function create(admin: Admin, topics: readonly WantedTopic[], tell: Tell): Promise<void> {
  try {
    // Under KRaft waitForLeaders races with the metadata and throws; whether they are there is looked at afterwards.
    const areOurs = await admin.createTopics({ waitForLeaders: false, topics: topics.map(creation) });
    if (!areOurs) return;
  } catch (thrown) {
    throw refusalOf(thrown);
  }
  for (const { name, partitions } of topics)
    tell(`Created topic ${name} with ${partitions} ${partitions === 1 ? "partition" : "partitions"}.`);
}

/** Several topics may be refused at once: the first that is not merely there already speaks for all. */
function refusalOf(thrown: unknown): unknown {
  if (!(thrown instanceof KafkaJSAggregateError)) return thrown;
  const first = thrown.errors.find((error) => !isOfType(error, ["TOPIC_ALREADY_EXISTS"]));
  const { topic } = first as unknown as { topic: string };
  const { code, detail } = busFault(first, "bus_request_refused");
  return new TesseraError(code, `Topic ${topic} cannot be created: ${detail}.`, { cause: thrown });
}

function creation(topic: WantedTopic) {
  const config = {
    "min.insync.replicas": topic.minInSync,
    "max.message.bytes": topic.messageBytesMax,
    "retention.ms": topic.retentionMs,
    "cleanup.policy": "delete",
    // whatever codec a stranger sends with, the broker unpacks it: a consumer that lacks the codec would stop
    "compression.type": "uncompressed",
    "segment.bytes": segmentBytes(topic),
  };
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value: String(value) }));
  return {
    topic: topic.name,
    numPartitions: topic.partitions,
    replicationFactor: topic.replicas,
    configEntries,
  };
}

async function raise(admin: Admin, faults: readonly TopicFault[], tell: Tell): Promise<void> {
  for (const { topic } of faults) {
    const topicPartitions = [{ topic: topic.name, count: topic.partitions }];
    try {
      await admin.createPartitions({ topicPartitions });
      tell(`Gave topic ${topic.name} ${topic.partitions} partitions.`);
    } catch (thrown) {
      // Another process was quicker, or has given it more still.
      if (!isOfType(thrown, ["INVALID_PARTITIONS"])) throw thrown;
    }
  }
}

/** Kafka resets whatever an alteration leaves out, so the topic's other overrides are carried along. */
async function alter(admin: Admin, faults: readonly TopicFault[], tell: Tell): Promise<void> {
  const entries = new Map<string, Map<string, string>>();
  for (const fault of faults) {
    if (fault.kind !== "config") continue;
    const { name } = fault.topic;
    const own = entries.get(name) ?? new Map(fault.state.overrides);
    entries.set(name, own.set(fault.config, fault.right));
  }
  await admin.alterConfigs({
    validateOnly: false,
    resources: [...entries].map(([name, values]) => ({
      type: ConfigResourceTypes.TOPIC,
      name,
      configEntries: [...values].map(([config, value]) => ({ name: config, value })),
    })),
  });
  for (const fault of faults)
    if (fault.kind === "config") tell(`Set ${fault.config} of topic ${fault.topic.name} to ${fault.right}.`);
}
