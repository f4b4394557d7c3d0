import { Type } from "@sinclair/typebox";
import { MIB, optional, PORT, pem, secret, size, whole } from "./fields.ts";

/** Without IPv6: kafkajs takes what is before the first colon. */
const HOST = "[^\\s:/@,\\[\\]]+";

/** The settings on Kafka, a part of the table of all settings. */
export const KAFKA = Type.Object(
  {
    brokers: Type.Array(Type.String({ pattern: `^${HOST}:${PORT}$` }), {
      minItems: 1,
      default: ["127.0.0.1:9092"],
      expected: "host:port of each broker, with commas between them",
      description: "Brokers to begin with; they name the others.",
    }),
    prefix: Type.String({
      pattern: "^[A-Za-z0-9._-]{0,200}$",
      default: "",
      expected: "at most 200 letters, digits, dots, underscores and hyphens",
      description:
        "Before the name of each topic and group, so that several installations can share one Kafka.",
    }),
    tls: Type.Boolean({
      default: false,
      otherwise: "false; true with `kafka.ca` or `kafka.cert`",
      description: "Speaks TLS with the brokers.",
    }),
    ca: pem("Certificate authorities that vouch for the brokers; without it those of the system."),
    cert: pem("Certificate to show to the brokers."),
    key: pem("Private key of `kafka.cert`."),
    servername: optional(
      "Name that the brokers' certificates have to bear; without it the name in their address.",
    ),
    sasl: Type.Union(
      [
        Type.Literal("none"),
        Type.Literal("plain"),
        Type.Literal("scram-sha-256"),
        Type.Literal("scram-sha-512"),
        Type.Literal("oauthbearer"),
      ],
      { default: "none", description: "How to log in." },
    ),
    username: optional("User, for `plain` and `scram`."),
    password: secret("Password, for `plain` and `scram`."),
    token_url: optional("Where `oauthbearer` gets its tokens from, by client credentials.", {
      // nobody before the host: a password there would be shown
      pattern: "^https?://[^\\s@]+$",
      expected: "an address like https://login.example.com/token",
    }),
    client_id: optional("Client, for `oauthbearer`."),
    client_secret: secret("Secret of the client, for `oauthbearer`."),
    scope: optional("Scope to ask for, for `oauthbearer`."),
    create_topics: Type.Boolean({
      default: true,
      description: "The master creates topics that are missing when it starts.",
    }),
    tasks_partitions: whole(1, 10_000, 48, "", "Partitions of `tasks`: as many workers can share the work."),
    results_partitions: whole(1, 10_000, 12, "", "Partitions of `results`."),
    replication: whole(1, 100, 1, "", "Copies of every message, each on another broker."),
    min_insync: whole(1, 100, 1, "", "Copies that have to be written before a message counts as sent."),
    retention_minutes: whole(1, 525_600, 60, "min", "How long `tasks` and `results` are kept."),
    dead_letters_retention_days: whole(1, 3650, 30, "days", "How long `dead-letters` are kept."),
    message_bytes: size(MIB, 64 * MIB, 8 * MIB, "The largest message, which has to hold a tile's window."),
  },
  {
    title: "Kafka",
    description: "For a master and workers in processes of their own. The embedded mode needs none of it.",
    default: {},
  },
);
