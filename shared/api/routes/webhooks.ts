import { Type } from "@sinclair/typebox";
import { ById, Id } from "../common.ts";
import { routes, strict } from "../route.ts";
import { DeliverySchema } from "../webhook.ts";

export const WEBHOOKS = routes({
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
