import type { Topic } from "../port.ts";
import { withAdmin } from "./admin.ts";
import type { KafkaSettings } from "./client.ts";
import type { Mark } from "./inbox.ts";
import { topicName } from "./topics.ts";
import { untilKnown } from "./until_known.ts";

/** Where each partition of a topic begins and ends now. */
export const spansOf = (
  settings: KafkaSettings,
  topic: Topic,
): Promise<{ partition: number; begin: bigint; end: bigint }[]> =>
  withAdmin(settings, async (admin) => {
    const ends = await untilKnown(() => admin.fetchTopicOffsets(topicName(settings, topic)));
    return ends.map(({ partition, low, high }) => ({ partition, begin: BigInt(low), end: BigInt(high) }));
  });

export const endsOf = async (settings: KafkaSettings, topic: Topic): Promise<Mark[]> =>
  (await spansOf(settings, topic)).map(({ partition, end }) => ({ partition, offset: end }));

export async function deleteGroups(settings: KafkaSettings, groups: string[]): Promise<void> {
  if (groups.length > 0) await withAdmin(settings, (admin) => admin.deleteGroups(groups));
}
