import { valueIn } from "./setting.ts";
import type { Settings } from "./table.ts";

/** What has to hold between settings. */
interface Rule {
  /** The setting that is blamed, as in the file. */
  readonly name: string;
  /** What it depends on. Where one of them is wrong in itself, nothing is said of the rule. */
  readonly uses: readonly string[];
  /** Completes "kafka.password: …"; undefined if all is well. */
  readonly broken: (settings: Settings) => string | undefined;
}

type Kafka = Settings["kafka"];
type Sasl = Kafka["sasl"];

const BY_PASSWORD: readonly Sasl[] = ["plain", "scram-sha-256", "scram-sha-512"];
const BY_TOKEN: readonly Sasl[] = ["oauthbearer"];

/** `other` is nothing without it. */
const neededBy = (name: string, other: string): Rule => ({
  name,
  uses: [other],
  broken: (settings) =>
    valueIn(settings, { name }) === undefined && valueIn(settings, { name: other }) !== undefined
      ? `it is missing, and ${other} needs it.`
      : undefined,
});

const ofKafka = (
  name: keyof Kafka,
  uses: readonly (keyof Kafka)[],
  broken: (kafka: Kafka) => string | undefined,
): Rule => ({
  name: `kafka.${name}`,
  uses: uses.map((other) => `kafka.${other}`),
  broken: ({ kafka }) => broken(kafka),
});

/** Needed by these ways of logging in. Where nobody logs in, a login that is given was meant to be used. */
const login = (name: keyof Kafka, needed: readonly Sasl[]): Rule =>
  ofKafka(name, ["sasl"], (kafka) => {
    if (kafka[name] === undefined)
      return needed.includes(kafka.sasl)
        ? `it is missing, and kafka.sasl = "${kafka.sasl}" needs it.`
        : undefined;
    return kafka.sasl === "none" ? 'it is given, but kafka.sasl is "none". Choose how to log in.' : undefined;
  });

const tlsOnly = (name: keyof Kafka): Rule =>
  ofKafka(name, ["tls"], (kafka) =>
    kafka[name] !== undefined && !kafka.tls ? "it is given, but kafka.tls is false." : undefined,
  );

export const RULES: readonly Rule[] = [
  tlsOnly("ca"),
  tlsOnly("cert"),
  tlsOnly("servername"),
  neededBy("kafka.cert", "kafka.key"),
  neededBy("kafka.key", "kafka.cert"),
  login("username", BY_PASSWORD),
  login("password", BY_PASSWORD),
  login("token_url", BY_TOKEN),
  login("client_id", BY_TOKEN),
  login("client_secret", BY_TOKEN),
  ofKafka("min_insync", ["replication"], ({ min_insync, replication }) =>
    min_insync > replication
      ? `it is ${min_insync}, expected at most kafka.replication, which is ${replication}.`
      : undefined,
  ),
  neededBy("tls.cert", "tls.key"),
  neededBy("tls.key", "tls.cert"),
  neededBy("oidc.issuer", "oidc.audience"),
  neededBy("oidc.audience", "oidc.issuer"),
  neededBy("oidc.issuer", "oidc.jwks_url"),
];
