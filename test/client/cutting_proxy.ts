import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A way to a server, on which connections can be cut. */
export class CuttingProxy {
  /** Connections so far. */
  connections = 0;
  private readonly open = new Set<Socket>();
  private readonly listener: Server;

  /** @param bytesOf how many bytes the server may answer on the n-th connection, from 0, before it is cut */
  private constructor(
    private readonly server: string,
    bytesOf: (connection: number) => number,
  ) {
    this.listener = createServer((client) => this.join(client, bytesOf(this.connections++)));
  }

  static async before(
    server: string,
    bytesOf: (connection: number) => number = () => Number.POSITIVE_INFINITY,
  ): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(server, bytesOf);
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

  private join(client: Socket, bytes: number): void {
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
    client.pipe(server);
    let left = bytes;
    server.on("data", (chunk: Buffer) => {
      const passed = chunk.subarray(0, left);
      left -= passed.byteLength;
      if (!client.write(passed)) server.pause();
      if (left === 0) server.destroy();
    });
    client.on("drain", () => server.resume());
  }
}
