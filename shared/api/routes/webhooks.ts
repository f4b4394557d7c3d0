import { Type } from "@sinclair/typebox";
import { ById, Id } from "../common.ts";
import { routes, strict } from "../route.ts";
import { DeliverySchema, WebhookSecretSchema } from "../webhook.ts";

export const WEBHOOKS = routes({
  getWebhookSecret: {
    ...{ method: "get", path: "/v1/webhooks/secret", tag: "webhooks", scope: "operate" },
    summary: "See the secret that signs your webhooks",
    description:
      "A receiver needs it to tell that a webhook is from this server and about a job of yours. Every owner has their own, and nobody is shown another's. It stays the same until the server is given another secret.",
    answers: { 200: { about: "Your secret.", schema: WebhookSecretSchema } },
    errors: ["webhooks_off"],
  },
  listDeliveries: {
    ...{ method: "get", path: "/v1/jobs/{id}/deliveries", tag: "webhooks", scope: "read", params: ById },
    summary: "See what became of a job's webhooks, the newest first",
    answers: {
      200: { about: "Deliveries.", schema: Type.Object({ deliveries: Type.Array(DeliverySchema) }) },
    },
    errors: ["job_not_found"],
  },
  redeliver: {
    ...{ method: "post", path: "/v1/jobs/{id}/deliveries/{delivery}/retry", tag: "webhooks" },
    ...{ scope: "operate", params: strict({ id: Id, delivery: Id }) },
    summary: "Send a webhook again",
    description: "At once, under the same id, and with all its attempts as if it were new.",
    answers: { 200: { about: "The delivery as it is now.", schema: DeliverySchema } },
    errors: ["job_not_found", "delivery_not_found", "webhooks_off"],
  },
});
