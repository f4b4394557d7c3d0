import type { TSchema } from "@sinclair/typebox";
import { WEBHOOK_HEADERS, WebhookBodySchema } from "../webhook.ts";
import type { JsonSchema, SchemaCollector } from "./schemas.ts";

/** What is sent to the address that a job was given as its `webhook`, as OpenAPI tells it. */
export function webhooksOf(
  schemas: SchemaCollector,
): Readonly<Record<string, { readonly post: JsonSchema }>> {
  const parameters = Object.entries(WEBHOOK_HEADERS).map(([name, { description, ...schema }]) => ({
    ...{ name, in: "header", required: true, description, schema: schemas.add(schema as TSchema) },
  }));
  return {
    jobEnded: {
      post: {
        ...{ operationId: "jobEnded", tags: ["webhooks"], summary: "Hear of a job's end", parameters },
        description:
          "Sent again, later each time, until it is answered with 2xx, or with 410 to be left alone. It may come more than once; its id stays the same. Redirects are not followed.",
        security: [],
        requestBody: {
          required: true,
          content: { "application/json": { schema: schemas.add(WebhookBodySchema) } },
        },
        responses: { "2XX": { description: "It is taken." }, "410": { description: "Never again." } },
      },
    },
  };
}
