import type { GoneMessage, TopicMessage } from "../../shared/api/events.ts";
import { Changes } from "./changes.ts";
import { Frame } from "./frame.ts";

/** How a topic is, or that it is not any more. */
export type StateMessage = TopicMessage | GoneMessage;

/** How far a reader has been told of a topic. */
export type Told =
  | { readonly kind: "nothing" }
  /** So many parts of a snapshot; what has changed after `seq` is told afterwards. */
  | { readonly kind: "parts"; readonly seq: number; readonly parts: number }
  | { readonly kind: "all"; readonly seq: number };

export const NOTHING: Told = { kind: "nothing" };

export interface Next {
  readonly frame: Frame;
  readonly told: Told;
}

export interface FeedOptions {
  /** The hub's, now. */
  readonly seq: number;
  /** It is to be sealed at the next tick. */
  readonly onTouch: () => void;
}

/** A feed, whatever it tells of. */
export type AnyFeed = Feed<string | number>;

/**
 * The state of one topic and what of it has changed lately. A reader says how far it is and gets what comes next: nothing
 * is queued for anyone, who is late gets the latest, and those who are equally far get the same frame.
 */
export abstract class Feed<K> {
  private readonly changes: Changes<K>;
  private pending = new Set<K>();
  private isAnew = false;
  private readonly frames = new Map<string, Frame>();
  private seq: number;

  /** @param rememberedMax bound on what is told beside the whole: more has changed since somebody was here, or at once */
  constructor(
    private readonly options: FeedOptions,
    rememberedMax: number,
  ) {
    this.seq = options.seq;
    this.changes = new Changes(options.seq, rememberedMax);
  }

  /** What comes next for a reader who has been told so much; undefined if that is all for now. */
  next(told: Told): Next | undefined {
    if (told.kind !== "all" || !this.changes.isKnown(told.seq)) return this.part(told);
    if (this.isAll(told)) return undefined;
    const seq = this.changes.last;
    const frame = this.shared(`after ${told.seq}`, () => this.delta(this.changes.after(told.seq), seq));
    return { frame, told: { kind: "all", seq } };
  }

  /** Whether there is nothing more to tell for now. */
  isAll(told: Told): boolean {
    return told.kind === "all" && told.seq >= this.changes.last;
  }

  /** A tick, which has the number `seq` if anything has changed since the last one. @returns whether it has */
  seal(seq: number): boolean {
    this.frames.clear();
    if (this.pending.size === 0 && !this.isAnew) return false;
    if (this.isAnew) this.changes.forget(seq);
    else this.changes.add(seq, this.pending);
    this.isAnew = false;
    this.pending = new Set();
    this.seq = seq;
    return true;
  }

  /** Something has changed; it is told at the next tick. */
  protected touch(key: K): void {
    this.pending.add(key);
    this.options.onTouch();
  }

  /** A job that it may tell of has changed, is new or is no more. */
  jobTouched(_id: string): void {}

  /** A batch that it may tell of has changed, is new or is no more. */
  batchTouched(_id: string): void {}

  /** Everything may have changed; everyone is told the whole again. */
  protected anew(): void {
    this.isAnew = true;
    this.options.onTouch();
  }

  /** Nobody reads it for now. @returns whether it goes on noting what changes, for those who come back */
  rest(): boolean {
    return true;
  }

  /** The state now; in parts where it is long. */
  protected abstract snapshot(seq: number, part: number): StateMessage;
  /** How that is now which has changed. */
  protected abstract delta(keys: ReadonlySet<K>, seq: number): StateMessage;

  private part(told: Told): Next {
    const part = told.kind === "parts" ? told.parts : 0;
    const seq = told.kind === "parts" ? told.seq : this.seq;
    const frame = this.shared(`part ${part} after ${seq}`, () => this.snapshot(seq, part));
    const more = "more" in frame.message && frame.message.more;
    return { frame, told: more ? { kind: "parts", seq, parts: part + 1 } : { kind: "all", seq } };
  }

  /** Frames are kept until the next tick, for all who are at the same place. */
  private shared(place: string, make: () => StateMessage): Frame {
    const known = this.frames.get(place);
    if (known !== undefined) return known;
    const frame = new Frame(make());
    this.frames.set(place, frame);
    this.options.onTouch();
    return frame;
  }
}
