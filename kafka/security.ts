/** The listeners of a Kafka that lets nobody in unknown, for tests of logins, certificates and access control lists. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Authority, type ClientCertificate } from "./certificates.ts";
import type { NodePlan, Properties } from "./properties.ts";
import { AUDIENCE, ISSUER, type TokenSigner, tokenSigner } from "./tokens.ts";

/** User names and passwords. `owner` may do everything, the others nothing until access control lists allow it. */
export const USERS = {
  owner: "owner-secret",
  admin: "admin-secret",
  master: "master-secret",
  worker: "worker-secret",
  stranger: "stranger-secret",
} as const;

/** Another name of the broker's, beside 127.0.0.1, that its certificate stands for. */
export const BROKER_NAME = "broker.test";

/** What clients need to know. */
export interface Security {
  /** The authority of the broker's certificate, as PEM. */
  readonly ca: string;
  /** The broker's own, for who wants to stand between it and its clients. */
  readonly broker: ClientCertificate;
  /** A certificate of this authority: the user `CN=worker`. */
  readonly worker: ClientCertificate;
  /** One of an authority that the broker does not know. */
  readonly forged: ClientCertificate & { readonly ca: string };
  readonly token: TokenSigner;
}

export interface SecurityFiles {
  readonly security: Security;
  readonly properties: Properties;
  /** Of the Java process. */
  readonly defines: readonly string[];
}

/** Makes keys, certificates and the settings that refer to them. */
export async function makeSecurity(folder: string): Promise<SecurityFiles> {
  const [authority, stranger] = await Promise.all([
    Authority.make(folder, "authority"),
    Authority.make(folder, "stranger"),
  ]);
  const [broker, worker, forged] = await Promise.all([
    authority.sign("broker", ["IP:127.0.0.1", `DNS:${BROKER_NAME}`]),
    authority.sign("worker"),
    stranger.sign("forged"),
  ]);
  const keysFile = join(folder, "keys.json");
  const token = await tokenSigner(keysFile);
  const keysUrl = pathToFileURL(keysFile).href;
  return {
    security: {
      ca: authority.certificate,
      broker,
      worker,
      forged: { ...forged, ca: stranger.certificate },
      token,
    },
    properties: { ...loginProperties(keysUrl), ...tlsProperties(broker.store, authority.pemFile), ...RIGHTS },
    // Kafka reads keys from nowhere that is not named here
    defines: [`org.apache.kafka.sasl.oauthbearer.allowed.urls=${keysUrl}`],
  };
}

const LOGIN = "LOGIN";
const MUTUAL = "MUTUAL";

/** Beside the plain one: TLS and a login; TLS and a certificate of the client's. */
export const secureListeners = (loginPort: number, mutualPort: number): NodePlan["listeners"] => [
  { name: LOGIN, protocol: "SASL_SSL", port: loginPort },
  { name: MUTUAL, protocol: "SSL", port: mutualPort },
];

function loginProperties(keysUrl: string): Properties {
  const own = `listener.name.${LOGIN.toLowerCase()}`;
  const module = (name: string, options = "") =>
    `org.apache.kafka.common.security.${name} required ${options};`;
  const passwords = Object.entries(USERS).map(([name, password]) => `user_${name}="${password}"`);
  return {
    [`${own}.sasl.enabled.mechanisms`]: "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
    [`${own}.plain.sasl.jaas.config`]: module("plain.PlainLoginModule", passwords.join(" ")),
    [`${own}.scram-sha-256.sasl.jaas.config`]: module("scram.ScramLoginModule"),
    [`${own}.scram-sha-512.sasl.jaas.config`]: module("scram.ScramLoginModule"),
    [`${own}.oauthbearer.sasl.jaas.config`]: module("oauthbearer.OAuthBearerLoginModule"),
    [`${own}.oauthbearer.sasl.server.callback.handler.class`]:
      "org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler",
    [`${own}.oauthbearer.sasl.oauthbearer.jwks.endpoint.url`]: keysUrl,
    [`${own}.oauthbearer.sasl.oauthbearer.expected.issuer`]: ISSUER,
    // without this a token that names its audience is refused
    [`${own}.oauthbearer.sasl.oauthbearer.expected.audience`]: AUDIENCE,
    // an hour at most, or until the token's end: then whoever has not shown a new one is thrown out
    [`${own}.oauthbearer.connections.max.reauth.ms`]: 3_600_000,
  };
}

const tlsProperties = (store: string, authorityFile: string): Properties => ({
  "ssl.keystore.type": "PEM",
  "ssl.keystore.location": store,
  "ssl.truststore.type": "PEM",
  "ssl.truststore.location": authorityFile,
  [`listener.name.${MUTUAL.toLowerCase()}.ssl.client.auth`]: "required",
});

/** Whoever comes by the plain listener is ANONYMOUS: the nodes themselves, and the test. */
const RIGHTS: Properties = {
  "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
  "super.users": "User:ANONYMOUS;User:owner;User:CN=worker",
};
