import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { ServerMessage } from "../shared/api/events.ts";
import { TesseraError } from "../shared/errors.ts";
import { brokenOff, chunksOf } from "./bytes.ts";
import type { Connection } from "./connection.ts";
import { OPERATIONS } from "./operations.ts";
import { pause, waitBeforeRetryMs } from "./patience.ts";

/** Over half a minute: a server that is started anew is waited for. */
const FAILURES_MAX = 8;
/** More than any message has. */
const MESSAGE_CHARACTERS_MAX = 64 << 20;

/**
 * What the server tells of topics: each as a whole first, then what changes. A connection that fails is taken up where
 * it was. Server-Sent Events: they tell the same as a WebSocket, and anything that has `fetch` can show its key.
 *
 * @throws TesseraError, the signal's reason
 */
export async function* events(
  connection: Connection,
  topics: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<ServerMessage, never, undefined> {
  let seen: string | undefined;
  for (let failures = 0; ; ) {
    try {
      for await (const { id, data } of connect(connection, topics, seen, signal)) {
        failures = 0;
        seen = id ?? seen;
        yield JSON.parse(data) as ServerMessage;
      }
      throw new TesseraError("server_unreachable", "It stopped telling.");
    } catch (thrown) {
      signal?.throwIfAborted();
      const fault = brokenOff(thrown);
      const waitMs =
        fault.code === "too_many_watchers" ? undefined : waitBeforeRetryMs(fault, failures, true);
      if (waitMs === undefined || ++failures > FAILURES_MAX) throw fault;
      await pause(waitMs, signal);
    }
  }
}

async function* connect(
  connection: Connection,
  topics: readonly string[],
  seen: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<EventSourceMessage, void, undefined> {
  const headers = seen === undefined ? {} : { "last-event-id": seen };
  const call = { headers, retries: 0, ...(signal && { signal }) };
  const response = (await connection.call(
    OPERATIONS.watchEvents,
    { topics: topics.join(",") },
    call,
  )) as Response;
  if (response.headers.get("content-type")?.startsWith("text/event-stream") !== true) {
    await response.body?.cancel();
    throw new TesseraError("server_unlike", "It tells no events.");
  }
  const arrived: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (event) => arrived.push(event),
    onError({ type }) {
      if (type === "max-buffer-size-exceeded")
        throw new TesseraError("server_unlike", "A message of it has no end.");
    },
    maxBufferSize: MESSAGE_CHARACTERS_MAX,
  });
  const decoder = new TextDecoder();
  for await (const chunk of chunksOf(response)) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* arrived.splice(0);
  }
}
