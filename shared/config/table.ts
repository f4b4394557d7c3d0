/**
 * Every setting, in one table. Reading, checking, `tessera config` and docs/configuration.md follow from it.
 *
 * Beside what JSON Schema knows, a setting may have: `unit`; `secret` (never printed, and may be given by file);
 * `expected` (what is right, in words, where the schema cannot say it); `otherwise` (its default, in words, where that
 * depends on the machine or on other settings); `pem` (the path of a PEM file); `variableOnly` (not in the file).
 */
import { availableParallelism, hostname } from "node:os";
import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { GIB, KIB, MIB, optional, PORT, pem, port, size, TIB, text, upTo, whole } from "./fields.ts";
import { KAFKA } from "./kafka_table.ts";

const LIMITS = Type.Object(
  {
    pixels: whole(1, 1e12, 2_000_000_000, "px", "Pixels of an image, and of what a pipeline makes of it."),
    side: whole(1, 1e7, 250_000, "px", "The longest side of an image."),
    unbounded_pixels: whole(
      1,
      1e12,
      100_000_000,
      "px",
      "Pixels of an image that can only be decoded in one piece, such as a progressive JPEG.",
    ),
    upload_bytes: size(KIB, 64 * TIB, 8 * GIB, "The largest upload."),
    body_seconds: whole(
      1,
      3600,
      30,
      "s",
      "Time in which `limits.body_bytes` of a request's body have to come.",
    ),
    body_bytes: size(1, GIB, 16 * KIB, "The least of a request's body that has to come in that time."),
    free_bytes: size(0, 64 * TIB, 512 * MIB, "Disk that stays free whatever is asked for."),
    failed_kept_hours: whole(
      0,
      87_600,
      24,
      "h",
      "How long the files of a job that failed by a tile are kept, for another try.",
    ),
    requests_per_minute: upTo(60_000, "", "Requests a minute of one owner."),
    address_requests_per_minute: upTo(60_000, "", "Requests a minute from one address."),
    sign_in_failures_per_minute: upTo(
      20,
      "",
      "Wrong credentials a minute from one address, before even right ones have to wait.",
    ),
    uploads_at_once: upTo(256, "", "Uploads of one owner at a time."),
    address_uploads_at_once: upTo(256, "", "Uploads from one address at a time."),
    open_uploads: whole(
      1,
      1_000_000,
      200,
      "",
      "Uploads of one owner that can be gone on with and have not become jobs.",
    ),
    pixels_per_minute: upTo(0, "px", "Pixels a minute that one owner may send."),
    queued_jobs: upTo(10_000, "", "Jobs of one owner that have not ended."),
    batch_images: whole(1, 1_000_000, 10_000, "", "Images of one batch."),
    stored_bytes: size(0, 1024 * TIB, 0, "Bytes of one owner's files that are kept; 0 is no limit."),
    requests_at_once: whole(1, 1_000_000, 4000, "", "Requests at work at a time, in all, until they end."),
    open_files: whole(
      64,
      1e7,
      16_384,
      "",
      "Open files and sockets beyond which no connection is taken; at most three quarters of what the system allows.",
    ),
    watchers: whole(1, 1_000_000, 2000, "", "Connections that watch live, in all."),
    watchers_per_owner: whole(1, 1_000_000, 1000, "", "Connections that watch live, of one owner."),
  },
  { title: "Limits", description: "What the master takes in.", default: {} },
);

const OUTBOUND = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: "The master fetches images by their address, and calls webhooks.",
    }),
    allow: Type.Array(
      Type.String({
        pattern:
          "^([\\w.-]{1,253}|(\\d{1,3}\\.){3}\\d{1,3}/([12]?\\d|3[0-2])|[\\da-fA-F:.]{2,45}(/(\\d{1,2}|1[01]\\d|12[0-8]))?)$",
      }),
      {
        default: [],
        expected: "host names, addresses and networks like 10.0.0.0/8, with commas between them",
        description: "Hosts and networks that it may reach although their addresses are not public.",
      },
    ),
    ports: Type.Array(Type.String({ pattern: `^${PORT}$` }), {
      minItems: 1,
      default: ["80", "443"],
      expected: "port numbers with commas between them",
      description: "Ports that it may reach.",
    }),
    seconds: whole(1, 86_400, 600, "s", "How long fetching one image may take."),
  },
  {
    title: "Outbound",
    description: "Where the master goes when somebody sends it an address.",
    default: {},
  },
);

const WEBHOOKS = Type.Object(
  {
    secret: optional(
      "What each owner's secret is made of, by which receivers know whom a webhook is from. Without it none is sent.",
      {
        ...{ secret: true, minLength: 16, expected: "a text of 16 characters or more" },
      },
    ),
    attempts: whole(
      1,
      20,
      10,
      "",
      "How often a webhook is sent until it is given up on; ten take about 11 hours.",
    ),
  },
  { title: "Webhooks", description: "Calls to addresses that are to hear of the ends of jobs.", default: {} },
);

const RETENTION = Type.Object(
  {
    result_hours: whole(
      1,
      87_600,
      168,
      "h",
      "How long a result is kept where its sender says nothing (`expires_in`).",
    ),
    result_hours_max: whole(1, 87_600, 720, "h", "The longest that a sender may have a result kept."),
    source_hours: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 87_600,
        unit: "h",
        otherwise: "as long as the result",
        description:
          "How long the source of a job that is done is kept, for previews; never longer than its result.",
      }),
    ),
    upload_hours: whole(
      1,
      8760,
      24,
      "h",
      "How long an upload that can be gone on with is kept after its latest bytes.",
    ),
    history_days: whole(1, 3650, 90, "days", "How long it is known of a job that has ended."),
  },
  { title: "Retention", description: "What is kept of a job that has ended.", default: {} },
);

const PREVIEW = Type.Object(
  {
    disk_bytes: size(
      MIB,
      64 * TIB,
      8 * GIB,
      "Disk for images that are decoded to be looked at: of each, what it takes without any compression.",
    ),
    kept_minutes: whole(1, 10_080, 30, "min", "How long such an image is kept that nobody looks at."),
  },
  { title: "Previews", description: "For pictures to look at, and for live editing.", default: {} },
);

const TLS = Type.Object(
  {
    cert: pem("Certificate of the server, with those that vouch for it; looked at again while it runs."),
    key: pem("Private key of `tls.cert`."),
  },
  {
    title: "TLS",
    description: "Of the master's own server, which speaks TLS 1.2 and 1.3 with it.",
    default: {},
  },
);

/** Keys that come over plain HTTP could be anybody's; nobody before the host, since it is shown. */
const TRUSTED_URL = "^(https://|http://(127\\.0\\.0\\.1|\\[::1\\]|localhost)([:/]|$))[^\\s@]*$";
const trustedUrl = (description: string) =>
  optional(description, { pattern: TRUSTED_URL, expected: "an address like https://login.example.com" });

const OIDC = Type.Object(
  {
    issuer: trustedUrl("Whose access tokens are taken; exactly as in their `iss`."),
    audience: optional("What their `aud` has to name: this server, as the provider knows it."),
    jwks_url: trustedUrl("Where the provider's keys are; without it the provider is asked."),
    algorithms: Type.Array(
      Type.Union(
        (
          ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"] as const
        ).map((algorithm) => Type.Literal(algorithm)),
      ),
      {
        minItems: 1,
        default: ["RS256", "PS256", "ES256", "EdDSA"],
        expected:
          "some of RS256 to RS512, PS256 to PS512, ES256 to ES512 and EdDSA, with commas between them",
        description: "Signatures that are taken.",
      },
    ),
    scope_claim: text("Claim that names the scopes, in one text or in a list.", { default: "scope" }),
    scope_prefix: Type.String({
      default: "",
      maxLength: 200,
      description: "What stands before the names of our scopes there, such as `tessera:`.",
    }),
  },
  {
    title: "OIDC",
    description: "A provider whose access tokens (JWT) are taken beside keys.",
    default: {},
  },
);

const LOG = Type.Object(
  {
    level: Type.Union(
      (["debug", "info", "warn", "error"] as const).map((level) => Type.Literal(level)),
      { default: "info", description: "The least that is told." },
    ),
    format: Type.Union([Type.Literal("text"), Type.Literal("json")], {
      default: "text",
      description: "Sentences for people, or one object a line with all that it is about.",
    }),
  },
  { title: "Log", description: "What services tell whoever runs them.", default: {} },
);

const WORKER = Type.Object(
  {
    name: text("Name that people know the worker by.", {
      default: () => hostname(),
      otherwise: "name of the machine",
    }),
    health_port: port(0, "Port on which the worker answers /healthz, on the loopback address; 0 for none."),
  },
  { title: "Worker", description: "Of a worker in a process of its own.", default: {} },
);

const CLIENT = Type.Object(
  {
    master: text("Address of the master that commands are sent to.", {
      // nobody before the host: a password there would be shown
      pattern: "^https?://[^\\s@]+$",
      default: "http://127.0.0.1:8080",
      expected: "an address like https://tessera.example.com",
    }),
    key: Type.Optional(
      Type.String({
        // it stands in a header
        pattern: "^[\\x21-\\x7e]+$",
        secret: true,
        expected: "a key as it was given out",
        description: "API key, or access token, to show to that master.",
      }),
    ),
  },
  { title: "Client", description: "Of the command line, where it speaks with a master.", default: {} },
);

export const SCHEMA = Type.Object({
  config: optional("File with settings in TOML. Variables win over it.", {
    variableOnly: true,
    expected: "the path of a readable file",
  }),
  dir: text("Folder in which the master keeps its jobs.", { default: "data" }),
  host: text("Address on which the master serves.", { default: "127.0.0.1" }),
  port: port(8080, "Port on which the master serves; 0 takes a free one."),
  trusted_proxies: Type.Array(Type.String({ format: "ip-range" }), {
    default: [],
    expected: "addresses or ranges like 10.0.0.0/8, with commas between them",
    description:
      "Reverse proxies whose `X-Forwarded-For` says who asks. They have to add to it, or write it anew.",
  }),
  cors_origins: Type.Array(Type.String({ pattern: "^https?://[^\\s/@,]+$" }), {
    default: [],
    expected: "origins like https://app.example.com, with commas between them",
    description: "Origins whose pages may ask this server, with keys or tokens of their own.",
  }),
  threads: Type.Integer({
    minimum: 1,
    maximum: 1024,
    default: () => availableParallelism(),
    otherwise: "one a core",
    description: "Threads that compute tiles.",
  }),
  limits: LIMITS,
  tls: TLS,
  oidc: OIDC,
  preview: PREVIEW,
  outbound: OUTBOUND,
  webhooks: WEBHOOKS,
  retention: RETENTION,
  kafka: KAFKA,
  worker: WORKER,
  log: LOG,
  client: CLIENT,
});

/** As the table nests them: `settings.kafka.message_bytes`. */
export type Settings = Static<typeof SCHEMA>;

/** What holds where nothing is said. */
export const withDefaults = (given: object): Settings => Value.Default(SCHEMA, given) as Settings;
