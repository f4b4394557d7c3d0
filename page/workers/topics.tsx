import { publicSentence } from "../../shared/errors.ts";
import { Badge } from "../design/badge.tsx";
import { whole } from "../design/format.ts";
import { api } from "../shell/api.ts";
import { wordsOf } from "../shell/notices.tsx";
import { useRefreshed } from "../shell/use_refreshed.ts";

/** Kafka is asked no oftener. */
const EVERY_MS = 5000;

type Topic = Awaited<ReturnType<typeof api.listTopics>>["topics"][number];

/** How Kafka's topics stand; nothing at all where everything is one process. */
export function Topics() {
  const { value, fault } = useRefreshed((signal) => api.listTopics({}, { signal }), "topics", EVERY_MS);
  const { topics = [], trouble } = value.value ?? {};
  const wrong = fault.value !== undefined ? wordsOf(fault.value).text : trouble && publicSentence(trouble);
  if (topics.length === 0 && wrong === undefined) return null;
  return (
    <section class="card stack" aria-labelledby="topics">
      <h2 id="topics">Topics</h2>
      {wrong !== undefined && <p role="alert">{wrong}</p>}
      {topics.length > 0 && (
        <div class="scrolls">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Topic</th>
                <th scope="col" class="number">
                  Partitions
                </th>
                <th scope="col" class="number">
                  Lag
                </th>
                <th scope="col" class="number">
                  Messages
                </th>
                <th scope="col" class="number">
                  Replicas in sync
                </th>
              </tr>
            </thead>
            <tbody>
              {topics.map((topic) => (
                <Row key={topic.name} topic={topic} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ topic }: { readonly topic: Topic }) {
  const { name, missing, partitions, lag, messages, replicas, in_sync } = topic;
  const number = (value: number | undefined) => (value === undefined ? "–" : whole(value));
  return (
    <tr>
      <th scope="row">
        {name} {missing && <Badge tone="bad">Missing</Badge>}
      </th>
      <td class="number">{number(partitions)}</td>
      <td class="number">{number(lag)}</td>
      <td class="number">{number(messages)}</td>
      <td class="number">
        {number(in_sync)} of {number(replicas)}
      </td>
    </tr>
  );
}
