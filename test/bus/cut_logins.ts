import { connect, createServer, type Server } from "node:tls";

/** Kafka's number for the request that carries a login. */
const SASL_AUTHENTICATE = 36;
/** Before it stands the request's size. */
const API_KEY_AT = 4;

export interface Behind {
  /** host:port of a broker that speaks TLS. */
  readonly address: string;
  readonly ca: string;
  /** The broker's own. */
  readonly cert: string;
  readonly key: string;
}

/** Stands before a broker, and hangs up on the first `cuts` logins when they have been sent. */
export async function cutLogins({ address, ca, cert, key }: Behind, cuts: number) {
  const [host, port] = address.split(":");
  let left = cuts;
  const server = createServer({ cert, key }, (client) => {
    const broker = connect({ host, port: Number(port), ca });
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      one.on("error", () => {}); // it closes, too
      one.on("close", () => other.destroy());
    }
    broker.on("data", (bytes) => client.write(bytes));
    client.on("data", (bytes: Buffer) => {
      if (bytes.readInt16BE(API_KEY_AT) === SASL_AUTHENTICATE && left-- > 0) client.destroy();
      else broker.write(bytes);
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  return { address: `127.0.0.1:${portOf(server)}`, stop: () => closed(server) };
}

const portOf = (server: Server): number => (server.address() as { port: number }).port;

function closed(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  return promise;
}
