import type { Topic } from "../port.ts";
import { withAdmin } from "./admin.ts";
import type { KafkaSettings } from "./client.ts";
import type { Mark } from "./inbox.ts";
import { topicName } from "./topics.ts";
import { untilKnown } from "./until_known.ts";

/** Where each partition of a topic ends now. */
export const endsOf = (settings: KafkaSettings, topic: Topic): Promise<Mark[]> =>
  withAdmin(settings, async (admin) => {
    const ends = await untilKnown(() => admin.fetchTopicOffsets(topicName(settings, topic)));
    return ends.map(({ partition, high }) => ({ partition, offset: BigInt(high) }));
  });

export async function deleteGroups(settings: KafkaSettings, groups: string[]): Promise<void> {
  if (groups.length > 0) await withAdmin(settings, (admin) => admin.deleteGroups(groups));
}
