import { type Static, Type } from "@sinclair/typebox";
import { Time } from "./common.ts";
import { JobSchema, WebhookUrl } from "./job.ts";
import { ENDED_STATES } from "./states.ts";

export const DELIVERY_STATES = ["pending", "delivered", "given_up"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

const Event = Type.Unsafe<`job.${(typeof ENDED_STATES)[number]}`>(
  Type.Union(ENDED_STATES.map((state) => Type.Literal(`job.${state}`))),
);
const DeliveryId = Type.String({ description: "Stays the same however often it is sent." });

export const WEBHOOK_HEADERS = {
  "Tessera-Event": Event,
  "Tessera-Delivery": DeliveryId,
  "Tessera-Signature": Type.String({
    pattern: "^t=\\d+,v1=[0-9a-f]{64}$",
    description:
      "`t`: seconds since 1970, by which old ones can be refused. `v1`: the HMAC-SHA256 of that number, a dot and the body's bytes, by the secret of the job's owner (`GET /v1/webhooks/secret`).",
  }),
} as const;

/** What signs an owner's webhooks. */
export const WebhookSecretSchema = Type.Object({
  owner: Type.String({ description: "Whose jobs it is for." }),
  secret: Type.String({
    description: "As it stands here, 64 hexadecimal digits, it is the key of the HMAC.",
  }),
});

/** What a webhook is sent. */
export const WebhookBodySchema = Type.Object({
  id: DeliveryId,
  event: Event,
  created_at: Time,
  job: JobSchema,
});
export type WebhookBody = Static<typeof WebhookBodySchema>;

/** A webhook that was called, or is to be. */
export const DeliverySchema = Type.Object(
  {
    id: DeliveryId,
    event: Event,
    url: WebhookUrl,
    state: Type.Unsafe<DeliveryState>(
      Type.Union(
        DELIVERY_STATES.map((state) => Type.Literal(state)),
        { description: "`given_up`: no attempt is left, or the receiver has said that it is gone." },
      ),
    ),
    attempts: Type.Integer(),
    created_at: Time,
    next_at: Type.Optional(Time),
    ended_at: Type.Optional(Time),
    status: Type.Optional(Type.Integer({ description: "Of the last answer." })),
    error: Type.Optional(Type.String({ description: "Why there was no answer the last time." })),
  },
  { $id: "Delivery" },
);
export type DeliveryView = Static<typeof DeliverySchema>;
