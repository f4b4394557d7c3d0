import type { ServerMessage, Since } from "../shared/api/events.ts";
import type { TesseraError } from "../shared/errors.ts";
import type { Connection } from "./connection.ts";
import { LiveSocket, type LiveState } from "./socket.ts";

/**
 * What can be watched: the caller's jobs and batches (everyone's for `admin`), workers, figures, a job or its tiles by its
 * id, and a batch by its own.
 */
export type Topic =
  | "jobs"
  | "batches"
  | "workers"
  | "stats"
  | `job:${string}`
  | `tiles:${string}`
  | `batch:${string}`;

type Named<N extends string> = Extract<ServerMessage, { readonly type: N }>;

/** What is told of a topic; after `gone` and `error` nothing more is. */
export type Told<T extends Topic> =
  | Named<T extends `${infer Kind}:${string}` ? Kind : T>
  | Named<"gone">
  | Named<"error">;

type AnyTold = Extract<ServerMessage, { readonly topic?: string }>;

/**
 * One WebSocket for all that is watched live. A topic is told as a whole first (`snapshot`), then as what has changed. A
 * connection that breaks is made again and goes on where it was: what was missed is told then, or the whole where that
 * is not known any more. What comes is handed on at once; nothing is queued here, and by the server only the latest.
 */
export interface Live {
  readonly state: LiveState;
  /** Why it is lost; `unauthorized`, `forbidden` and `origin_refused` stay so until `retry`. */
  readonly fault: TesseraError | undefined;
  /** @returns how to be told no more */
  onState(listener: (state: LiveState) => void): () => void;
  /**
   * The same topic may be watched from many places; each is told the whole first. A long snapshot of tiles comes in
   * parts, of which the first (`part` 0) makes void what was told before.
   *
   * @returns how to be told no more
   */
  subscribe<T extends Topic>(topic: T, listener: (message: Told<T>) => void): () => void;
  /** Does not wait for the next try: after a sign-in, or because somebody does not want to wait. */
  retry(): void;
  close(): void;
}

interface Listener {
  readonly tell: (message: AnyTold) => void;
  /** Whether it has been told the whole, or the beginning of it. */
  begun: boolean;
}

interface Followed {
  readonly listeners: Set<Listener>;
  /** How far all of them have been told. */
  since: Since | undefined;
}

export function live(connection: Connection): Live {
  return new LiveFeed(connection);
}

class LiveFeed implements Live {
  private readonly socket: LiveSocket;
  private readonly topics = new Map<string, Followed>();
  private readonly watchers = new Set<(state: LiveState) => void>();
  private epoch = "";

  constructor(connection: Connection) {
    this.socket = new LiveSocket(connection, {
      onMessage: (message) => this.hear(message),
      onState: (state) => each(this.watchers, (watcher) => watcher(state)),
    });
  }

  get state(): LiveState {
    return this.socket.state;
  }

  get fault(): TesseraError | undefined {
    return this.socket.fault;
  }

  onState(listener: (state: LiveState) => void): () => void {
    this.watchers.add(listener);
    return () => void this.watchers.delete(listener);
  }

  subscribe<T extends Topic>(topic: T, tell: (message: Told<T>) => void): () => void {
    const followed = this.topics.get(topic) ?? { listeners: new Set(), since: undefined };
    const listener: Listener = { tell: tell as Listener["tell"], begun: false };
    followed.listeners.add(listener);
    followed.since = undefined;
    this.topics.set(topic, followed);
    this.socket.say({ type: "subscribe", topic });
    return () => {
      if (!followed.listeners.delete(listener) || followed.listeners.size > 0) return;
      if (this.topics.get(topic) !== followed) return;
      this.topics.delete(topic);
      this.socket.say({ type: "unsubscribe", topic });
    };
  }

  retry(): void {
    this.socket.retry();
  }

  close(): void {
    this.socket.close();
    this.topics.clear();
    this.watchers.clear();
  }

  private hear(message: ServerMessage): void {
    if (message.type === "hello") {
      this.epoch = message.epoch;
      for (const [topic, { since }] of this.topics)
        this.socket.say({ type: "subscribe", topic, ...(since && { since }) });
    } else if ("topic" in message && message.topic !== undefined) this.tell(message.topic, message);
  }

  private tell(topic: string, message: AnyTold): void {
    const followed = this.topics.get(topic);
    if (followed === undefined) return; // it was on its way when nobody watched any more
    const { listeners } = followed;
    if ("seq" in message) {
      const begins = message.snapshot && !("part" in message && message.part > 0);
      if (begins) for (const listener of listeners) listener.begun = true;
      const more = "more" in message && message.more;
      const all = !more && [...listeners].every(({ begun }) => begun);
      followed.since = all ? { epoch: this.epoch, seq: message.seq } : undefined;
    } else this.topics.delete(topic);
    each(listeners, ({ begun, tell }) => {
      if (begun || !("seq" in message)) tell(message);
    });
  }
}

/** Those who leave meanwhile are not told; what one of them throws keeps nothing from the others. */
function each<T>(listeners: ReadonlySet<T>, tell: (listener: T) => void): void {
  for (const listener of [...listeners]) {
    if (!listeners.has(listener)) continue;
    try {
      tell(listener);
    } catch (thrown) {
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }
}
