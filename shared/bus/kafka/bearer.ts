import { KafkaJSConnectionError, KafkaJSError, type Mechanism } from "kafkajs";
import { asTesseraError, isRetryable, TesseraError } from "../../errors.ts";

/** As RFC 6750 has it (b64token); anything else could say more than a token. */
const TOKEN = /^[\w.~+/-]+=*$/;
const SEPARATOR = "\u0001";

/**
 * The login by a token: SASL OAUTHBEARER (RFC 7628). kafkajs has it too, but does not read the broker's answer, and so
 * takes a refusal for a broker that breaks down later.
 *
 * @param token asked at every login, and again before the broker's session ends
 */
export const bearerLogin = (token: () => Promise<string>): Mechanism => ({
  mechanism: "oauthbearer",
  authenticationProvider: ({ saslAuthenticate }) => ({
    async authenticate() {
      const exchange = (text: string) => saslAuthenticate({ request: sent(text), response: ANSWER });
      try {
        const refusal = await exchange(
          `n,,${SEPARATOR}auth=Bearer ${await tokenOf(token)}${SEPARATOR}${SEPARATOR}`,
        );
        if (!refusal) return;
        // The broker said why, as JSON; it refuses the login when it is told that this has been read.
        await exchange(SEPARATOR);
        throw new TesseraError("bus_login_refused", refusal);
      } catch (thrown) {
        throw mayPass(thrown) ? newConnection(thrown) : thrown;
      }
    },
  }),
});

async function tokenOf(token: () => Promise<string>): Promise<string> {
  const given = await Promise.try(token).catch((thrown: unknown) => {
    throw asTesseraError(thrown, "bus_token_unavailable");
  });
  if (!TOKEN.test(given)) throw new TesseraError("bus_token_refused", "What it gave is not a bearer token.");
  return given;
}

const mayPass = (thrown: unknown): thrown is Error =>
  thrown instanceof TesseraError
    ? isRetryable(thrown.code)
    : thrown instanceof KafkaJSError && thrown.retriable;

/** The one error for which kafkajs begins with a new connection: the old one stands in the middle of a login. */
const newConnection = (cause: Error): Error =>
  Object.assign(new KafkaJSConnectionError(cause.message), { cause });

/** kafkajs wants bytes with their length (32 bit, big-endian) before them, and gives them so. */
const LENGTH_BYTES = 4;

const sent = (text: string) => ({
  encode: () => {
    const bytes = Buffer.alloc(LENGTH_BYTES + text.length);
    bytes.writeInt32BE(text.length);
    bytes.write(text, LENGTH_BYTES, "latin1");
    return bytes;
  },
});

const ANSWER = {
  decode: (bytes: Buffer) => bytes.subarray(LENGTH_BYTES),
  parse: (bytes: Buffer) => bytes.toString("utf8"),
};
