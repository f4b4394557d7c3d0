import { Value } from "@sinclair/typebox/value";
import type { ServerWebSocket, WebSocketHandler } from "bun";
import { ClientMessage } from "../../../shared/api/events.ts";
import { CLOSE } from "../../../shared/api/socket.ts";
import { TesseraError } from "../../../shared/errors.ts";
import { Frame } from "../../events/frame.ts";
import type { Outlet, Reader } from "../../events/reader.ts";

/** Written and not taken yet; what is beyond it waits where it is. */
const BUFFERED_BYTES_MAX = 64 << 10;
/** Of one message that a client sends. */
const MESSAGE_BYTES_MAX = 4 << 10;
/** Messages and pings of a client: so many at once, and so many a second. */
const BURST = 200;
const MESSAGES_PER_SECOND = 20;
/** A client that answers no ping for so long is gone. */
const IDLE_SECONDS = 60;

const ALIVE = new Frame({ type: "alive" });

/** The connection to a reader by a WebSocket; made before the handshake is answered, and opened by it. */
export class SocketOutlet implements Outlet {
  reader: Reader | undefined;
  private socket: ServerWebSocket<SocketOutlet> | undefined;
  private credit = BURST;
  private creditMs = 0;

  constructor(private readonly now: () => number) {}

  opened(socket: ServerWebSocket<SocketOutlet>): void {
    this.socket = socket;
    this.reader?.flush();
  }

  isReady(): boolean {
    return this.socket !== undefined && this.socket.getBufferedAmount() < BUFFERED_BYTES_MAX;
  }

  send(frames: readonly Frame[]): void {
    // One write for all of them.
    this.socket?.cork((socket) => {
      for (const frame of frames) socket.send(frame.payload());
    });
  }

  /** The server pings by itself, but pages do not see that. */
  keepAlive(): void {
    if (this.isReady()) this.send([ALIVE]);
  }

  close(code: number, reason: string): void {
    this.socket?.close(code, reason);
  }

  /** The answer is sent by Bun, and waits in memory for who does not read. */
  pinged(): void {
    this.afford();
  }

  /** What the client says. */
  hear(text: string | Buffer): void {
    if (!this.afford()) return;
    let topic: string | undefined;
    try {
      const said = parse(text);
      topic = topicIn(said);
      const message = check(said);
      if (message.type === "subscribe") this.reader?.subscribe(message.topic, message.since);
      else this.reader?.unsubscribe(message.topic);
      this.reader?.flush();
    } catch (thrown) {
      this.reader?.refuse(thrown, topic);
    }
  }

  /** Whether it may say one thing more; who may not is cut off. */
  private afford(): boolean {
    const now = this.now();
    this.credit = Math.min(BURST, this.credit + ((now - this.creditMs) / 1000) * MESSAGES_PER_SECOND);
    this.creditMs = now;
    this.credit--;
    if (this.credit < 0) this.reader?.close(CLOSE.policy, "Too many messages.");
    return this.credit >= 0;
  }
}

/** How the server treats its WebSockets: all of them are readers. */
export const SOCKETS: WebSocketHandler<SocketOutlet> = {
  maxPayloadLength: MESSAGE_BYTES_MAX,
  idleTimeout: IDLE_SECONDS,
  sendPings: true,
  open: (socket) => socket.data.opened(socket),
  message: (socket, text) => socket.data.hear(text),
  ping: (socket) => socket.data.pinged(),
  drain: (socket) => socket.data.reader?.flush(),
  close: (socket) => socket.data.reader?.end(),
};

/** @throws request_invalid */
function parse(text: string | Buffer): unknown {
  if (typeof text !== "string") throw new TesseraError("request_invalid", "Messages are JSON texts.");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TesseraError("request_invalid", "The message is not JSON.", { cause });
  }
}

/** What it is about, also if it makes no sense, so that who said it knows. */
function topicIn(said: unknown): string | undefined {
  const topic = (said as { readonly topic?: unknown } | null)?.topic;
  return typeof topic === "string" ? topic.toWellFormed() : undefined;
}

/** @throws request_invalid */
function check(message: unknown): ClientMessage {
  if (!Value.Check(ClientMessage, message))
    throw new TesseraError(
      "request_invalid",
      "Messages are 'subscribe' and 'unsubscribe', each with a 'topic'.",
    );
  return message;
}
