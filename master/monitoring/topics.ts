import type { TopicsView } from "../../shared/api/topic.ts";
import type { Bus, TopicReport } from "../../shared/bus/port.ts";
import { asTesseraError } from "../../shared/errors.ts";

/** How the topics of a bus stand that leaves the process; none of one that does not. */
export async function topicsOf({ topics }: { readonly topics: Bus["topics"] }): Promise<TopicsView> {
  try {
    return { topics: ((await topics?.()) ?? []).map(view) };
  } catch (thrown) {
    return { topics: [], trouble: asTesseraError(thrown, "bus_request_refused").code };
  }
}

function view(report: TopicReport): TopicsView["topics"][number] {
  const { topic, name, missing } = report;
  if (report.missing) return { topic, name, missing };
  const { partitions, replicas, inSync: in_sync, messages, lag } = report;
  return { topic, name, missing, partitions, replicas, in_sync, messages, ...(lag !== undefined && { lag }) };
}
