import type { ServerMessage } from "../../shared/api/events.ts";
import { decodeTiles } from "../../shared/api/tile_frame.ts";

interface Waiting {
  readonly wanted: (message: ServerMessage) => boolean;
  readonly resolve: (message: ServerMessage) => void;
}

type Named<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;

/** A client of a test: keeps all that it is told. */
export class EventReader {
  readonly told: ServerMessage[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  private readonly socket: WebSocket;
  private waiting: Waiting[] = [];

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(url, { headers });
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) =>
      this.hear(typeof data === "string" ? JSON.parse(data) : decodeTiles(data));
    this.closed = new Promise((resolve) => {
      this.socket.onclose = ({ code, reason }) => resolve({ code, reason });
    });
  }

  /** The first message of this type, of those that came or are to come, that is as it should be. */
  async message<T extends ServerMessage["type"]>(
    type: T,
    wanted: (message: Named<T>) => boolean = () => true,
  ): Promise<Named<T>> {
    const fits = (message: ServerMessage) => message.type === type && wanted(message as Named<T>);
    const known = this.told.find(fits);
    if (known !== undefined) return known as Named<T>;
    const { promise, resolve } = Promise.withResolvers<ServerMessage>();
    this.waiting.push({ wanted: fits, resolve });
    return (await promise) as Named<T>;
  }

  async say(message: unknown): Promise<void> {
    await this.message("hello");
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  async sayBytes(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.message("hello");
    this.socket.send(bytes);
  }

  async ping(): Promise<void> {
    await this.message("hello");
    this.socket.ping();
  }

  close(): void {
    this.socket.close();
  }

  private hear(message: ServerMessage): void {
    this.told.push(message);
    const due = this.waiting.filter(({ wanted }) => wanted(message));
    this.waiting = this.waiting.filter((each) => !due.includes(each));
    for (const { resolve } of due) resolve(message);
  }
}
