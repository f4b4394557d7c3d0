import type { Result, Task } from "./messages.ts";

export interface Messages {
  readonly tasks: Task;
  readonly results: Result;
}

export type Topic = keyof Messages;

/** Does the work of a message; the message is committed once the promise resolves, and delivered again if it rejects. */
export type Handler<M> = (message: M) => Promise<void>;

export interface Subscription {
  /** Resolves once this member has its share of the topic; rejects if it cannot get one. */
  readonly ready: Promise<void>;
  /** Takes no more messages and waits for those at work; what was not begun goes to other members of the group. */
  close(): Promise<void>;
}

/**
 * What joins master and workers. Delivery is at least once, to one member of each topic's group; a message is
 * committed after its work, never before. The conformance suite says the rest.
 */
export interface Bus {
  /** Resolves when the bus answers for the message; waits while the topic is full. @throws bus_closed */
  publish<T extends Topic>(topic: T, message: Messages[T]): Promise<void>;
  /** Joins the topic's group; at most `atOnce` handlers run at a time. */
  subscribe<T extends Topic>(topic: T, atOnce: number, handler: Handler<Messages[T]>): Subscription;
  /** Ends all subscriptions; waiting publishers are refused. */
  close(): Promise<void>;
}
