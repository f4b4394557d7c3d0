import { KafkaJSConnectionError, type Mechanism } from "kafkajs";
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
      const login = `n,,${SEPARATOR}auth=Bearer ${await tokenOf(token)}${SEPARATOR}${SEPARATOR}`;
      const refusal = await saslAuthenticate({ request: sent(login), response: ANSWER });
      if (!refusal) return;
      // The broker said why, as JSON; it refuses the login when it is told that this has been read.
      await saslAuthenticate({ request: sent(SEPARATOR), response: ANSWER });
      throw new TesseraError("bus_login_refused", refusal);
    },
  }),
});

/**
 * @throws KafkaJSConnectionError if it may be tried again: for kafkajs that alone is a reason to begin with a new
 * connection, since the old one stands in the middle of a login
 */
async function tokenOf(token: () => Promise<string>): Promise<string> {
  try {
    const given = await token();
    if (TOKEN.test(given)) return given;
    throw new TesseraError("bus_token_refused", "What it gave is not a bearer token.");
  } catch (thrown) {
    const cause = asTesseraError(thrown, "bus_token_unavailable");
    if (!isRetryable(cause.code)) throw cause;
    throw Object.assign(new KafkaJSConnectionError(cause.message), { cause });
  }
}

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
