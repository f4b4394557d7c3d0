import { randomUUID } from "node:crypto";
import { CLOSE } from "../../shared/api/socket.ts";
import { TesseraError } from "../../shared/errors.ts";
import type { Caller } from "../access/caller.ts";
import { type Every, everyBySystem } from "../clock.ts";
import type { Master } from "../master.ts";
import type { AnyFeed } from "./feed.ts";
import { Frame } from "./frame.ts";
import { type Outlet, Reader } from "./reader.ts";
import { Topics } from "./topics.ts";

const TICK_MS = 100;
/** About a millisecond's work. */
const READERS_AT_ONCE = 50;
/** How often it is looked whether a reader reads, and whether it may still. */
const LOOK_EVERY_MS = 10_000;
/** After which one who found no place may try again. */
const AGAIN_S = 10;

export interface HubOptions {
  /** Connections in all, and of one owner. */
  readonly watchersMax: number;
  readonly watchersPerOwnerMax: number;
  readonly now?: () => number;
  readonly every?: Every;
}

/**
 * Between the master, whose jobs change many times a second, and those who watch. What has changed is noted at once and
 * told ten times a second, as it is then, to everyone who takes more: what that costs goes by the readers, never by the
 * changes.
 */
export class EventHub {
  /** Numbers begin anew with the hub. */
  readonly epoch = randomUUID();
  readonly hello = new Frame({ type: "hello", epoch: this.epoch });
  readonly now: () => number;
  private readonly topics: Topics;
  private readonly readers = new Set<Reader>();
  private readonly every: Every;
  private seq = 0;
  /** How to end what is under way. */
  private endTicks: (() => void) | undefined;
  private endLooks: (() => void) | undefined;
  private endListening: (() => void) | undefined;
  private closed = false;

  constructor(
    private readonly master: Master,
    private readonly options: HubOptions,
  ) {
    this.every = options.every ?? everyBySystem;
    this.now = options.now ?? Date.now;
    this.topics = new Topics(master, this.every, () => {
      this.endTicks ??= this.every(TICK_MS, () => this.tick());
    });
  }

  /** The number of the last change. */
  get last(): number {
    return this.seq;
  }

  /**
   * A new connection of `caller`.
   *
   * @param identify asks again who it is
   * @throws too_many_watchers, bus_closed
   */
  open(caller: Caller, outlet: Outlet, identify: () => Caller | Promise<Caller>): Reader {
    if (this.closed) throw new TesseraError("bus_closed", "The master is stopping.");
    this.refuseTooMany(caller.owner);
    this.listen();
    const reader = new Reader(this, caller, outlet, identify);
    this.readers.add(reader);
    this.endLooks ??= this.every(LOOK_EVERY_MS, () => {
      for (const each of this.readers) void each.look();
    });
    return reader;
  }

  /** Ends every connection. */
  close(): void {
    this.closed = true;
    for (const reader of this.readers) reader.close(CLOSE.goingAway, "The server stops.");
    this.topics.close();
    this.endListening?.();
    this.endTicks?.();
    this.endLooks?.();
  }

  /** Has `reader` told of a topic. @throws job_not_found, batch_not_found */
  join(reader: Reader, topic: string): AnyFeed {
    return this.topics.join(reader, topic, this.seq);
  }

  leave(reader: Reader, topic: string): void {
    this.topics.leave(reader, topic);
  }

  /** The connection is no more. */
  ended(reader: Reader): void {
    this.readers.delete(reader);
    if (this.readers.size > 0) return;
    this.endLooks?.();
    this.endLooks = undefined;
  }

  private listen(): void {
    if (this.endListening !== undefined) return;
    const ends = [
      this.master.onTouch((job) => this.topics.job(job)),
      this.master.onTouchBatch((batch) => this.topics.batch(batch)),
      this.master.onTile((change) => this.topics.tile(change)),
    ];
    this.endListening = () => {
      for (const end of ends) end();
    };
  }

  private tick(): void {
    const late = this.topics.seal(this.seq + 1);
    if (late === undefined) {
      this.endTicks?.();
      this.endTicks = undefined;
      return;
    }
    this.seq++;
    void this.tell(late);
  }

  /** Not all in one go, since nothing else is done meanwhile. */
  private async tell(late: ReadonlySet<Reader>): Promise<void> {
    let told = 0;
    for (const reader of late) {
      reader.flush();
      if (++told % READERS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private refuseTooMany(owner: string): void {
    const { watchersMax, watchersPerOwnerMax } = this.options;
    const own = [...this.readers].filter(({ caller }) => caller.owner === owner).length;
    if (this.readers.size >= watchersMax || own >= watchersPerOwnerMax)
      throw new TesseraError("too_many_watchers", "", { retryAfterS: AGAIN_S });
  }
}
