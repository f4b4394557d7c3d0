import { createParser } from "eventsource-parser";
import type { ServerMessage } from "../../shared/api/events.ts";

type Named<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;

interface Came {
  readonly type: string;
  readonly data: ServerMessage;
  readonly retry: number | undefined;
}

/** A client of Server-Sent Events in a test: keeps all that comes. */
export class EventStream {
  readonly events: Came[] = [];
  readonly comments: string[] = [];
  lastId = "";
  readonly ended: Promise<void>;
  private waiting: (() => void)[] = [];

  private constructor(
    readonly response: Response,
    private readonly abort: AbortController,
  ) {
    this.ended = response.ok ? this.read() : Promise.resolve();
  }

  static async open(url: string, headers: Record<string, string>): Promise<EventStream> {
    const abort = new AbortController();
    return new EventStream(await fetch(url, { headers, signal: abort.signal }), abort);
  }

  /** The first event of this type, of those that came or are to come, that is as it should be. */
  async event<T extends ServerMessage["type"]>(type: T, wanted: (data: Named<T>) => boolean = () => true) {
    const fits = ({ type: its, data }: Came) => its === type && wanted(data as Named<T>);
    const found = await this.first(() => this.events.find(fits));
    return { ...found, data: found.data as Named<T> };
  }

  async comment(text: string): Promise<void> {
    await this.first(() => this.comments.find((comment) => comment === text));
  }

  async close(): Promise<void> {
    this.abort.abort();
    await this.ended;
  }

  private async first<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private async read(): Promise<void> {
    let retry: number | undefined;
    const parser = createParser({
      onRetry: (ms) => {
        retry = ms;
      },
      onComment: (text) => void this.comments.push(text.trim()),
      onEvent: ({ id, event, data }) => {
        if (id !== undefined) this.lastId = id;
        this.events.push({ type: event!, data: JSON.parse(data), retry });
      },
    });
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body!) {
        parser.feed(decoder.decode(chunk, { stream: true }));
        for (const resolve of this.waiting.splice(0)) resolve();
      }
    } catch (thrown) {
      if (!this.abort.signal.aborted) throw thrown;
    }
  }
}
