import { MemoryBus } from "../../shared/bus/memory.ts";
import type { DeadLetter } from "../../shared/bus/messages.ts";
import type { Messages, Topic } from "../../shared/bus/port.ts";
import type { TesseraError } from "../../shared/errors.ts";

/** A bus in the eyes and the hands of a test. */
export class WatchedBus extends MemoryBus {
  readonly deadLetters: DeadLetter[] = [];
  /** What keeps the bus from taking a message, if anything does. */
  fault: <T extends Topic>(topic: T, message: Messages[T]) => TesseraError | undefined = () => undefined;

  constructor(packs: boolean) {
    super(undefined, packs);
  }

  override publish<T extends Topic>(topic: T, message: Messages[T], partition?: number): Promise<void> {
    const fault = this.fault(topic, message);
    if (fault !== undefined) return Promise.reject(fault);
    if (topic === "dead-letters") this.deadLetters.push(message as DeadLetter);
    return super.publish(topic, message, partition);
  }
}
