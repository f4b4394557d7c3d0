import { Type } from "@sinclair/typebox";
import { ClientMessage, EventTopic, ServerMessage } from "../events.ts";
import { routes, strict } from "../route.ts";

export const EVENTS = routes({
  watchEvents: {
    ...{
      method: "get",
      path: "/v1/events",
      tag: "events",
      scope: "read",
      summary: "Watch jobs, batches and workers live",
    },
    description:
      "A WebSocket, if the request asks for one; otherwise Server-Sent Events. Both tell the same: the state of each topic first, then what changes. Over a WebSocket more topics can be subscribed to later. A stream that was interrupted goes on where it was.\n\nWhat is told is a `ServerMessage`: a text or, of tiles, a binary frame on a WebSocket, and the `data` of an event in a stream. A `ClientMessage` is what may be said on a WebSocket.",
    messages: { said: ClientMessage, told: ServerMessage },
    query: strict({
      topics: Type.Optional(
        Type.Array(EventTopic, {
          minItems: 1,
          maxItems: 100,
          description: "What to watch; where nothing is said, a stream of events tells of `jobs`.",
        }),
      ),
      job: Type.Optional(
        Type.String({ pattern: "^[\\w-]{1,100}$", description: "A job to watch, with its tiles." }),
      ),
    }),
    headers: strict({
      "last-event-id": Type.Optional(
        Type.String({
          description: "The id of the last event that was seen, of a stream that was interrupted.",
        }),
      ),
    }),
    answers: {
      200: { about: "Events, as they come.", types: ["text/event-stream"] },
      101: { about: "A WebSocket." },
    },
    errors: ["job_not_found", "batch_not_found", "too_many_watchers"],
  },
});
