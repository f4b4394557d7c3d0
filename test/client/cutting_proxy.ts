import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

type Allowance = (connection: number) => number;

/** A way to a server, on which connections can be cut. */
export class CuttingProxy {
  /** Connections so far. */
  connections = 0;
  private readonly open = new Set<Socket>();
  private readonly listener: Server;

  /** Bytes that have been passed on to the server. */
  sent = 0;

  /**
   * @param bytesOf how many bytes the server may answer on the n-th connection, from 0, before it is cut
   * @param sendsOf how many bytes the client may send on it
   */
  private constructor(
    /** Where the next connection leads. */
    public server: string,
    bytesOf: Allowance,
    sendsOf: Allowance,
  ) {
    this.listener = createServer((client) => {
      const connection = this.connections++;
      this.join(client, bytesOf(connection), sendsOf(connection));
    });
  }

  static async before(
    server: string,
    bytesOf: Allowance = () => Number.POSITIVE_INFINITY,
    sendsOf: Allowance = () => Number.POSITIVE_INFINITY,
  ): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(server, bytesOf, sendsOf);
    await new Promise<void>((resolve) => proxy.listener.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** Cuts whatever is open. */
  cut(): void {
    for (const socket of this.open) socket.destroy();
  }

  stop(): void {
    this.cut();
    this.listener.close();
  }

  private join(client: Socket, bytes: number, sends: number): void {
    const server = connect(Number(new URL(this.server).port), "127.0.0.1");
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.open.add(socket);
      socket.on("error", () => {}); // that is what it is for
      socket.on("close", () => {
        this.open.delete(socket);
        other.destroySoon();
      });
    }
    pass(client, server, sends, (count) => {
      this.sent += count;
    });
    pass(server, client, bytes);
  }
}

/** Passes so many bytes on, and cuts the connection then. */
function pass(from: Socket, to: Socket, bytes: number, onPassed = (_: number): void => {}): void {
  let left = bytes;
  from.on("data", (chunk: Buffer) => {
    const passed = chunk.subarray(0, left);
    left -= passed.byteLength;
    onPassed(passed.byteLength);
    if (!to.write(passed)) from.pause();
    if (left === 0) from.destroy();
  });
  from.on("end", () => to.end());
  to.on("drain", () => from.resume());
}
