import type { Since } from "../../../shared/api/events.ts";
import type { Frame } from "../../events/frame.ts";
import type { Outlet, Reader } from "../../events/reader.ts";

/** After which a client comes back. */
const RETRY_MS = 2000;

/**
 * The connection to a reader by Server-Sent Events (HTML standard, section 9.2). A stream that is asked for nothing is
 * given nothing: its readiness is that of the socket.
 */
export class StreamOutlet implements Outlet {
  reader: Reader | undefined;
  readonly body: ReadableStream<Uint8Array>;
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  private wanted: (() => void) | undefined;
  /** Stands for them: who has not been told of the same ones knows nothing of these. */
  private readonly topics: string;
  private readonly encoder = new TextEncoder();
  private closed = false;

  constructor(
    private readonly epoch: string,
    topics: readonly string[],
  ) {
    this.topics = Bun.hash(topics.join()).toString(36);
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.controller = controller;
        },
        pull: () => this.pulled(),
        cancel: () => this.reader?.end(),
      },
      { highWaterMark: 0 },
    );
  }

  /** What a client that comes back knows of the topics; nothing if the id that it has seen last is not of theirs. */
  sinceOf(lastEventId: string | undefined): Since | undefined {
    const [, epoch, seq, topics] = /^([\w-]{1,64})\.(\d{1,15})\.(\w{1,16})$/.exec(lastEventId ?? "") ?? [];
    return epoch === undefined || topics !== this.topics ? undefined : { epoch, seq: Number(seq) };
  }

  isReady(): boolean {
    return this.wanted !== undefined;
  }

  send(frames: readonly Frame[], upTo?: number): void {
    const events = frames.map(
      (frame) =>
        `${frame.message.type === "hello" ? `retry: ${RETRY_MS}\n` : ""}event: ${frame.message.type}\ndata: ${frame.text()}\n`,
    );
    // A client that comes back names the last id that it has seen, so only what is told completely has one.
    const id = upTo === undefined ? "" : `id: ${this.epoch}.${upTo}.${this.topics}\n`;
    this.write(
      `${events
        .slice(0, -1)
        .map((event) => `${event}\n`)
        .join("")}${id}${events.at(-1)}\n`,
    );
  }

  keepAlive(): void {
    if (this.isReady()) this.write(": still here\n\n");
  }

  close(_code: number, reason: string): void {
    if (this.closed) return;
    this.closed = true;
    // The one event that nobody waits for: it is there when they read again.
    this.controller?.enqueue(this.encoder.encode(`: ${reason}\n\n`));
    this.controller?.close();
    this.wanted?.();
  }

  /** Resolves once there is something. */
  private pulled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wanted = resolve;
    this.reader?.flush();
    return promise;
  }

  private write(text: string): void {
    const wanted = this.wanted;
    this.wanted = undefined;
    this.controller?.enqueue(this.encoder.encode(text));
    wanted?.();
  }
}
