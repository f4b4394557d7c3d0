import { connect, type Socket } from "node:net";

const HANDSHAKE = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/** A WebSocket by hand, which says what it is told to say and reads nothing until it is told to. */
export class SilentReader {
  private constructor(private readonly socket: Socket) {}

  static open(url: string, headers: Record<string, string>): Promise<SilentReader> {
    const { hostname, port, pathname, host } = new URL(url);
    const lines = [
      `GET ${pathname} HTTP/1.1`,
      `Host: ${host}`,
      ...HANDSHAKE,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    return new Promise((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.pause();
        socket.write(`${lines.join("\r\n")}\r\n\r\n`);
        resolve(new SilentReader(socket));
      });
    });
  }

  /** Source of the form of a frame: RFC 6455 section 5.2; a mask of zeros changes nothing. */
  say(message: object): void {
    const text = Buffer.from(JSON.stringify(message));
    if (text.length > 125) throw new Error("It is too long for a short frame.");
    this.socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
  }

  /** Reads all that is there, to the end. @returns how many bytes that were, and the last of them */
  read(): Promise<{ readonly bytes: number; readonly tail: Buffer }> {
    let bytes = 0;
    let tail = Buffer.alloc(0);
    return new Promise((resolve) => {
      this.socket.on("data", (data: Buffer) => {
        bytes += data.length;
        tail = Buffer.concat([tail, data]).subarray(-64);
      });
      this.socket.on("close", () => resolve({ bytes, tail }));
      this.socket.resume();
    });
  }

  close(): void {
    this.socket.destroy();
  }
}
