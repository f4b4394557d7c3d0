import { createSecureContext } from "node:tls";
import { Kafka, type LogEntry, logLevel, type Mechanism, type RetryOptions, type SASLOptions } from "kafkajs";
import { TesseraError } from "../../errors.ts";
import { bearerLogin } from "./bearer.ts";

export interface KafkaSettings {
  /** host:port */
  readonly brokers: readonly string[];
  /** Before the name of each topic and group, so that several installations can share one Kafka. */
  readonly prefix?: string;
  readonly tls?: TlsSettings;
  readonly sasl?: SaslSettings;
}

export interface TlsSettings {
  /** The authorities of the brokers' certificates, as PEM; without it, those that the system trusts. */
  readonly ca?: string;
  /** What this client shows of itself, as PEM: both or neither. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the brokers' certificates stand for, if that is not the one by which they are reached. */
  readonly servername?: string;
}

export type SaslSettings =
  | {
      readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: "oauthbearer";
      /** Asked at every login, and shortly before the last token ends; gives one that lives on. See `clientCredentials`. */
      readonly token: () => Promise<string>;
    };

/** About a minute of trying: longer than a broker takes to restart. The consumer wants it said again. */
export const PATIENT: RetryOptions = { initialRetryTime: 100, maxRetryTime: 2000, retries: 30 };
/** For whoever waits for an answer: about two seconds. */
export const BRISK: RetryOptions = { initialRetryTime: 100, maxRetryTime: 1000, retries: 4 };

/**
 * Before the broker ends a session that depends on a token, kafkajs logs in anew. It must be shown another token then:
 * with the same it would do so at every request, which a broker does not suffer.
 */
const LOGIN_ANEW_MS = 5000;

/**
 * Connects nowhere yet.
 *
 * @param listener hears of every attempt that fails; what is final comes as an error or an event
 * @throws config_invalid, if a certificate or key cannot be read
 */
export function kafkaClient(
  { brokers, tls, sasl }: KafkaSettings,
  retry: RetryOptions,
  listener?: (entry: LogEntry) => void,
): Kafka {
  if (tls) checkPem(tls);
  return new Kafka({
    clientId: "tessera",
    brokers: [...brokers],
    logLevel: listener === undefined ? logLevel.NOTHING : logLevel.ERROR,
    ...(listener && { logCreator: () => listener }),
    connectionTimeout: 3000,
    requestTimeout: 30_000,
    reauthenticationThreshold: LOGIN_ANEW_MS,
    retry,
    ...(tls && { ssl: { ...tls } }),
    ...(sasl && { sasl: loginOf(sasl) }),
  });
}

const loginOf = (sasl: SaslSettings): SASLOptions | Mechanism =>
  sasl.mechanism === "oauthbearer" ? bearerLogin(sasl.token) : ({ ...sasl } as SASLOptions);

/** Otherwise it would come out at every attempt to connect, as if the brokers could not be reached. */
function checkPem({ ca, cert, key }: TlsSettings): void {
  if ((cert === undefined) !== (key === undefined))
    throw new TesseraError(
      "config_invalid",
      "A client certificate for Kafka needs its key, and a key its certificate.",
    );
  try {
    createSecureContext({ ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new TesseraError("config_invalid", `A certificate or key for Kafka cannot be used: ${reason}.`);
  }
}
