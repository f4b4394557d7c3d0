import type { ClientMessage, ServerMessage } from "../shared/api/events.ts";
import { CLOSE } from "../shared/api/socket.ts";
import { decodeTiles } from "../shared/api/tile_frame.ts";
import { asTesseraError, type ErrorCode, TesseraError } from "../shared/errors.ts";
import type { Connection } from "./connection.ts";
import { OPERATIONS } from "./operations.ts";
import { backOffMs } from "./patience.ts";
import { ProblemError } from "./problem.ts";

/** `lost`: it was open or could not be opened, and is tried again by itself, but for what only a sign-in mends. */
export type LiveState = "connecting" | "open" | "lost";

/** A server that says nothing for so long is not there any more; it gives a sign of life more often. */
const STALL_MS = 30_000;
/** A connection that lasted for so long was a good one: what comes after it begins to count anew. */
const GOOD_MS = 10_000;

/** Who gets one of them is not let in, however often they try. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(["unauthorized", "forbidden", "origin_refused"]);

export interface LiveSocketOptions {
  readonly onMessage: (message: ServerMessage) => void;
  readonly onState: (state: LiveState) => void;
}

/** A WebSocket to the server's events that is made again whenever it breaks, ever more slowly while that fails. */
export class LiveSocket {
  state: LiveState = "connecting";
  /** Why it is lost. */
  fault: TesseraError | undefined;
  private socket: WebSocket | undefined;
  private openedMs: number | undefined;
  private failures = 0;
  private stall: ReturnType<typeof setTimeout> | undefined;
  private next: ReturnType<typeof setTimeout> | undefined;
  private closed = false;
  private readonly retryNow = () => this.retry();

  constructor(
    private readonly connection: Connection,
    private readonly options: LiveSocketOptions,
  ) {
    globalThis.addEventListener?.("online", this.retryNow);
    this.connect();
  }

  /** Nothing is kept for later: whoever wants to say something says it when the server has greeted. */
  say(message: ClientMessage): void {
    if (this.state === "open") this.socket?.send(JSON.stringify(message));
  }

  /** If it is lost, tries at once. */
  retry(): void {
    if (this.closed || this.socket !== undefined) return;
    clearTimeout(this.next);
    this.connect();
  }

  close(): void {
    this.closed = true;
    globalThis.removeEventListener?.("online", this.retryNow);
    clearTimeout(this.next);
    this.drop();
  }

  private connect(): void {
    const socket = this.connection.socket(OPERATIONS.watchEvents);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => this.hear(data);
    socket.onclose = ({ code }) => void this.ended(code);
    socket.onerror = () => {}; // its end is told too
    this.watch();
  }

  private hear(data: string | ArrayBuffer): void {
    this.watch();
    let message: ServerMessage;
    try {
      message = typeof data === "string" ? JSON.parse(data) : decodeTiles(data);
    } catch (cause) {
      this.lose(new TesseraError("server_unlike", "A message of it cannot be read.", { cause }));
      return;
    }
    if (message.type === "hello") this.opened();
    this.options.onMessage(message);
  }

  private opened(): void {
    this.openedMs = Date.now();
    this.fault = undefined;
    this.become("open");
  }

  private async ended(code: number): Promise<void> {
    const wasOpen = this.openedMs !== undefined;
    const socket = this.socket;
    if (code === CLOSE.unauthorized) this.lose(new TesseraError("unauthorized"));
    else if (wasOpen) this.lose(new TesseraError("server_unreachable", `It closed the socket (${code}).`));
    else {
      const fault = await this.whyNot();
      if (this.socket === socket) this.lose(fault);
    }
  }

  /** Of a handshake that failed nothing is told, but the same can be asked for without one. */
  private async whyNot(): Promise<TesseraError> {
    try {
      const answer = await this.connection.call(OPERATIONS.watchEvents, {}, { retries: 0 });
      await (answer as Response).body?.cancel();
      return new TesseraError("server_unlike", "It answers, but opens no WebSocket.");
    } catch (thrown) {
      return asTesseraError(thrown);
    }
  }

  private lose(fault: TesseraError): void {
    if (this.closed) return;
    const lasted = this.openedMs !== undefined && Date.now() - this.openedMs >= GOOD_MS;
    if (lasted) this.failures = 0;
    this.drop();
    this.fault = fault;
    if (!REFUSALS.has(fault.code)) {
      const askedMs = fault instanceof ProblemError ? (fault.retryAfterMs ?? 0) : 0;
      this.next = setTimeout(() => this.connect(), Math.max(askedMs, backOffMs(this.failures++)));
    }
    this.become("lost");
  }

  /** Waits for nothing: of a connection that is broken no end may be told for minutes. */
  private drop(): void {
    clearTimeout(this.stall);
    const { socket } = this;
    this.socket = undefined;
    this.openedMs = undefined;
    if (socket === undefined) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }

  private watch(): void {
    clearTimeout(this.stall);
    this.stall = setTimeout(() => this.lose(new TesseraError("server_silent")), STALL_MS);
  }

  private become(state: LiveState): void {
    this.state = state;
    this.options.onState(state);
  }
}
