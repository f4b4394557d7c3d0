import type { WEBHOOKS } from "../../../shared/api/routes/webhooks.ts";
import { ownJob } from "../../access/own.ts";
import type { Master } from "../../master.ts";
import type { Handlers } from "../route_call.ts";

export const webhookHandlers = (master: Master): Handlers<typeof WEBHOOKS> => ({
  getWebhookSecret: ({ caller: { owner } }) => ({ owner, secret: master.webhooks.secretOf(owner) }),
  listDeliveries: ({ params, caller }) => ({
    deliveries: master.webhooks.of(ownJob(master, caller, params.id).id),
  }),
  redeliver: ({ params, caller }) =>
    master.webhooks.again(ownJob(master, caller, params.id).id, params.delivery),
});
