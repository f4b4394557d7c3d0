import type { ErrorCode } from "../errors.ts";
import type { DeadLetter, Heartbeat, Result, Task } from "./messages.ts";

export interface Messages {
  readonly tasks: Task;
  readonly results: Result;
  readonly heartbeats: Heartbeat;
  readonly "dead-letters": DeadLetter;
}

export type Topic = keyof Messages;
/** Each message is work for one member of the topic's group: committed after it, and delivered again until it is done. */
export type WorkTopic = "tasks" | "results";
/** Each message is news for everyone who follows at the time; nobody commits it and it never comes again. */
export type NewsTopic = "heartbeats";

/** Does the work of a message; the message is committed once the promise resolves, and delivered again if it rejects. */
export type Handler<M> = (message: M) => Promise<void>;

export interface Subscription {
  /** Resolves once this member has its share of the topic, however often it has to try; rejects if it is closed before. */
  readonly ready: Promise<void>;
  /** The partitions that this member has now. */
  share(): readonly number[];
  /** Takes no more messages and waits for those at work; what was not begun goes to other members of the group. */
  close(): Promise<void>;
}

/** What has gone over a bus that leaves the process, since it was opened. */
export interface BusCounts {
  /** Bytes of the messages that it has taken, and of those that came. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Messages that were damaged or not ours, and those whose every delivery was in vain. */
  readonly refused: number;
  readonly abandoned: number;
}

/** A topic for people to look at. */
export type TopicReport = { readonly topic: Topic; readonly name: string } & (
  | { readonly missing: true }
  | ({ readonly missing: false } & TopicFigures)
);

export interface TopicFigures {
  readonly partitions: number;
  /** Of the partition that has the fewest. */
  readonly replicas: number;
  /** Replicas that have everything, of the partition that has the fewest. */
  readonly inSync: number;
  readonly messageBytesMax: number;
  /** −1: for ever. */
  readonly retentionMs: number;
  /** Kept now, over all partitions. */
  readonly messages: number;
  /** Messages that the topic's group has not done; undefined where there is nothing to do, or Kafka does not say. */
  readonly lag: number | undefined;
}

/**
 * What joins master and workers. Work is delivered at least once, to one member of each topic's group, and committed
 * after it, never before. The conformance suite says the rest.
 */
export interface Bus {
  /** Whether messages leave the process, so that their pixels have to be packed. */
  readonly packs: boolean;
  /** Of one that leaves the process. */
  readonly counts?: BusCounts;
  /** What keeps it from carrying messages now, if anything does. */
  trouble?(): ErrorCode | undefined;
  /** How its topics stand, of one that leaves the process; as they were a moment ago. @throws what Kafka says */
  topics?(): Promise<readonly TopicReport[]>;
  /**
   * Resolves when the bus answers for the message; waits while the topic is full. With `partition` the message goes to
   * whoever has that one. @throws bus_closed, and over Kafka whatever keeps it from taking the message
   */
  publish<T extends Topic>(topic: T, message: Messages[T], partition?: number): Promise<void>;
  /** Joins the topic's group; at most `atOnce` handlers run at a time. `onShare` is told when the share has changed. */
  subscribe<T extends WorkTopic>(
    topic: T,
    atOnce: number,
    handler: Handler<Messages[T]>,
    onShare?: () => void,
  ): Subscription;
  /** Hears every message from now on. */
  follow<T extends NewsTopic>(topic: T, listener: (message: Messages[T]) => void): Subscription;
  /** Ends all subscriptions; waiting publishers are refused. */
  close(): Promise<void>;
}
