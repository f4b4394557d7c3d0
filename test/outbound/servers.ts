import { createServer, type Server, type Socket } from "node:net";

/** A server on 127.0.0.1 that answers each connection's first bytes as `answer` says, with raw bytes. */
export async function rawServer(answer: (socket: Socket, head: string) => void): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const heads: string[] = [];
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // the other side may leave
    socket.on("close", () => sockets.delete(socket));
    socket.once("data", (bytes) => {
      heads.push(String(bytes));
      answer(socket, String(bytes));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    heads,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

export interface RawServer {
  readonly port: number;
  /** What each connection began with. */
  readonly heads: readonly string[];
  stop(): void;
}

export const answerOf = (
  status: string,
  headers: Record<string, string>,
  body: string | Buffer = "",
): Buffer =>
  Buffer.concat([
    Buffer.from(
      `HTTP/1.1 ${status}\r\n${Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join("")}\r\n`,
    ),
    Buffer.from(body),
  ]);
