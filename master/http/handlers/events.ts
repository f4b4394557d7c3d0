import type { EVENTS } from "../../../shared/api/routes/events.ts";
import { SOCKET_PROTOCOL } from "../../../shared/api/socket.ts";
import { TesseraError } from "../../../shared/errors.ts";
import type { Gate } from "../../access/gate.ts";
import type { EventHub } from "../../events/hub.ts";
import type { Reader } from "../../events/reader.ts";
import { SocketOutlet } from "../events/socket.ts";
import { StreamOutlet } from "../events/stream.ts";
import type { Call, Handlers } from "../route_call.ts";

type EventsCall = Call<typeof EVENTS.watchEvents>;

export const eventHandlers = (hub: EventHub, gate: Gate): Handlers<typeof EVENTS> => ({
  watchEvents: (call) =>
    call.request.headers.get("upgrade")?.toLowerCase() === "websocket"
      ? socket(call, hub, gate)
      : stream(call, hub, gate),
});

/** @throws request_invalid, job_not_found, batch_not_found, too_many_watchers */
function socket(call: EventsCall, hub: EventHub, gate: Gate): Response {
  const outlet = new SocketOutlet(hub.now);
  const reader = open(call, hub, outlet, gate);
  outlet.reader = reader;
  try {
    for (const topic of topicsOf(call)) reader.subscribe(topic);
    // Browsers want one of the protocols that they named.
    if (protocolsOf(call).includes(SOCKET_PROTOCOL))
      call.answerHeaders.set("sec-websocket-protocol", SOCKET_PROTOCOL);
    if (!call.upgrade(outlet))
      throw new TesseraError("request_invalid", "It is no handshake of a WebSocket.");
    call.stayOpen();
  } catch (thrown) {
    reader.end();
    throw thrown;
  }
  return new Response(null); // nobody gets it: the connection is a WebSocket by now
}

const STREAM_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
};

/** @throws job_not_found, batch_not_found, too_many_watchers */
function stream(call: EventsCall, hub: EventHub, gate: Gate): Response {
  if (call.request.method === "HEAD") return new Response(null, { headers: STREAM_HEADERS });
  const asked = topicsOf(call);
  const topics = asked.length === 0 ? ["jobs"] : asked;
  const outlet = new StreamOutlet(hub.epoch, topics);
  const reader = open(call, hub, outlet, gate);
  outlet.reader = reader;
  const since = outlet.sinceOf(call.headers["last-event-id"]);
  try {
    for (const topic of topics) reader.subscribe(topic, since);
  } catch (thrown) {
    reader.end();
    throw thrown;
  }
  // Of a stream that nobody takes, no end is told.
  call.request.signal.addEventListener("abort", () => reader.end());
  reader.flush();
  call.stayOpen();
  return new Response(outlet.body, { headers: STREAM_HEADERS });
}

function open(
  { caller, request }: EventsCall,
  hub: EventHub,
  outlet: SocketOutlet | StreamOutlet,
  gate: Gate,
): Reader {
  // Not the request itself, which holds on to its connection.
  const again = new Request(request.url, { headers: request.headers });
  return hub.open(caller, outlet, () => gate.identify(again));
}

const protocolsOf = ({ request }: EventsCall): string[] =>
  request.headers.get("sec-websocket-protocol")?.split(/ *, */) ?? [];

const topicsOf = ({ query }: EventsCall): string[] => [
  ...new Set([
    ...(query.topics ?? []),
    ...(query.job === undefined ? [] : [`job:${query.job}`, `tiles:${query.job}`]),
  ]),
];
