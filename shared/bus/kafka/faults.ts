import { KafkaJSError } from "kafkajs";
import { type ErrorCode, TesseraError } from "../../errors.ts";

const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  KafkaJSSASLAuthenticationError: "bus_login_refused",
  // what kafkajs makes of a group that an ACL hides
  KafkaJSGroupCoordinatorNotFound: "bus_not_allowed",
  KafkaJSConnectionError: "bus_unreachable",
  KafkaJSConnectionClosedError: "bus_unreachable",
  KafkaJSRequestTimeoutError: "bus_unreachable",
  KafkaJSBrokerNotFound: "bus_unreachable",
  KafkaJSNoBrokerAvailableError: "bus_unreachable",
};

/** Kafka's own error names. */
const BY_TYPE: Readonly<Record<string, ErrorCode>> = {
  TOPIC_AUTHORIZATION_FAILED: "bus_not_allowed",
  GROUP_AUTHORIZATION_FAILED: "bus_not_allowed",
  CLUSTER_AUTHORIZATION_FAILED: "bus_not_allowed",
  SASL_AUTHENTICATION_FAILED: "bus_login_refused",
  // a login where none is taken, or by a mechanism that the broker does not have
  ILLEGAL_SASL_STATE: "bus_login_refused",
  UNSUPPORTED_SASL_MECHANISM: "bus_login_refused",
  UNKNOWN_TOPIC_OR_PARTITION: "bus_topic_missing",
  MESSAGE_TOO_LARGE: "bus_message_too_large",
  RECORD_LIST_TOO_LARGE: "bus_message_too_large",
};

/** A TLS alert: the other side complains. */
const OWN_CERTIFICATE =
  /^ERR_SSL_.*(BAD_CERTIFICATE|CERTIFICATE_(UNKNOWN|REQUIRED|EXPIRED|REVOKED)|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)$/;
/** We complain. */
const THEIR_CERTIFICATE = /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|CERT_|certificate|ALTNAME/i;

/**
 * What the library threw, said in our own codes; it wraps the cause several times, and the innermost knows best.
 *
 * @param doing what was being done, since Kafka does not name the topic or the group in its answer
 */
export function busFault(
  thrown: unknown,
  otherwise: ErrorCode = "bus_send_failed",
  doing?: string,
): TesseraError {
  const chain = causes(thrown);
  const said = (detail: string) => (doing === undefined ? detail : `${doing}: ${detail}`);
  const ours = chain.find((error) => error instanceof TesseraError);
  if (ours !== undefined) return ours;
  for (const error of chain.toReversed()) {
    const code = codeOf(error);
    if (code !== undefined) return new TesseraError(code, said(detailOf(error)), { cause: thrown });
  }
  return new TesseraError(otherwise, said(chain.at(-1)?.message ?? String(thrown)), { cause: thrown });
}

function codeOf(error: Error): ErrorCode | undefined {
  const { type, code } = error as { type?: unknown; code?: unknown };
  if (typeof type === "string" && BY_TYPE[type] !== undefined) return BY_TYPE[type];
  const name = typeof code === "string" ? code : "";
  if (OWN_CERTIFICATE.test(name)) return "bus_client_certificate_refused";
  if (THEIR_CERTIFICATE.test(name) || THEIR_CERTIFICATE.test(error.message))
    return "bus_certificate_untrusted";
  return error instanceof KafkaJSError ? BY_NAME[error.name] : undefined;
}

/** A broker does not say why it hangs up on somebody who speaks otherwise than it expects. */
const detailOf = ({ name, message }: Error): string =>
  name === "KafkaJSConnectionClosedError"
    ? `${message}: if the broker runs, it may want TLS or a login.`
    : message;

const CAUSES_MAX = 10;

function causes(thrown: unknown): Error[] {
  const chain: Error[] = [];
  for (let error = thrown; error instanceof Error && chain.length < CAUSES_MAX; error = error.cause) {
    chain.push(error);
    const { errors } = error as { errors?: unknown }; // several at once: the first speaks for all
    if (Array.isArray(errors) && errors[0] instanceof Error) chain.push(errors[0]);
  }
  return chain;
}
