import type { Settings } from "./table.ts";

/** What has to hold between settings of Kafka. */
interface Rule {
  /** The setting that is blamed. */
  readonly name: keyof Settings["kafka"];
  /** What it depends on. Where one of them is wrong in itself, nothing is said of the rule. */
  readonly uses: readonly (keyof Settings["kafka"])[];
  /** Completes "kafka.password: …"; undefined if all is well. */
  readonly broken: (kafka: Settings["kafka"]) => string | undefined;
}

type Name = Rule["name"];
type Sasl = Settings["kafka"]["sasl"];

const BY_PASSWORD: readonly Sasl[] = ["plain", "scram-sha-256", "scram-sha-512"];
const BY_TOKEN: readonly Sasl[] = ["oauthbearer"];

/** Neither without the other. */
const together = (name: Name, other: Name): Rule => ({
  name,
  uses: [other],
  broken: (kafka) =>
    kafka[name] === undefined && kafka[other] !== undefined
      ? `it is missing, and kafka.${other} needs it.`
      : undefined,
});

/** Needed by these ways of logging in. Where nobody logs in, a login that is given was meant to be used. */
const login = (name: Name, needed: readonly Sasl[]): Rule => ({
  name,
  uses: ["sasl"],
  broken(kafka) {
    if (kafka[name] === undefined)
      return needed.includes(kafka.sasl)
        ? `it is missing, and kafka.sasl = "${kafka.sasl}" needs it.`
        : undefined;
    return kafka.sasl === "none" ? 'it is given, but kafka.sasl is "none". Choose how to log in.' : undefined;
  },
});

const tlsOnly = (name: Name): Rule => ({
  name,
  uses: ["tls"],
  broken: (kafka) =>
    kafka[name] !== undefined && !kafka.tls ? "it is given, but kafka.tls is false." : undefined,
});

export const RULES: readonly Rule[] = [
  tlsOnly("ca"),
  tlsOnly("cert"),
  tlsOnly("servername"),
  together("cert", "key"),
  together("key", "cert"),
  login("username", BY_PASSWORD),
  login("password", BY_PASSWORD),
  login("token_url", BY_TOKEN),
  login("client_id", BY_TOKEN),
  login("client_secret", BY_TOKEN),
  {
    name: "min_insync",
    uses: ["replication"],
    broken: ({ min_insync, replication }) =>
      min_insync > replication
        ? `it is ${min_insync}, expected at most kafka.replication, which is ${replication}.`
        : undefined,
  },
];
