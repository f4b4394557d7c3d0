import type { BufferPool } from "../../shared/buffers.ts";
import {
  PROTOCOL,
  type Result,
  type Task,
  type TileDone,
  type TileFailed,
} from "../../shared/bus/messages.ts";
import type { Bus } from "../../shared/bus/port.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import { bytesPerPixel } from "../../shared/geometry.ts";
import { compileChain } from "../../shared/ops/chain.ts";
import computeTile from "../../worker/thread.ts";

/**
 * A worker in the hands of a test: takes every task off the bus at once, computes on the thread that it is on, and
 * publishes what the test says.
 */
export class OwnWorker {
  /** Every task that came, in order. */
  readonly tasks: Task[] = [];
  private readonly waiting: { count: number; resolve(tasks: readonly Task[]): void }[] = [];

  /** @param serve what to do with a task; without it they only gather */
  constructor(
    private readonly bus: Bus,
    private readonly buffers: BufferPool,
    private readonly serve: (task: Task, worker: OwnWorker) => void | Promise<void> = () => {},
  ) {
    bus.subscribe("tasks", 1000, async (task) => {
      this.tasks.push(task);
      for (const each of this.waiting) if (this.tasks.length >= each.count) each.resolve(this.tasks);
      await this.serve(task, this);
    });
  }

  /** Resolves once so many tasks have come in all. */
  came(count: number): Promise<readonly Task[]> {
    if (this.tasks.length >= count) return Promise.resolve(this.tasks);
    return new Promise((resolve) => this.waiting.push({ count, resolve }));
  }

  /** The right result of a task. */
  done(task: Task): TileDone {
    const { steps, input, out, window, figures } = task;
    const { channels, depth } = compileChain(steps, input).output;
    const stride = out.width * bytesPerPixel({ channels, depth });
    const target = task.pixels ? this.buffers.take(stride * out.height) : undefined;
    const computed = computeTile({ steps, input, out, window, figures, ...(target && { target }) });
    return {
      ...this.name(task),
      ok: true,
      ms: computed.ms,
      ...(target && {
        pixels: { rect: out, format: { channels, depth }, data: new Uint8Array(target), stride },
      }),
      ...(computed.figures && { figures: computed.figures }),
    };
  }

  failed(task: Task, message = "no luck", code: ErrorCode = "op_failed"): TileFailed {
    return { ...this.name(task), ok: false, code, message };
  }

  publish(result: Result): Promise<void> {
    return this.bus.publish("results", result);
  }

  answer(task: Task): Promise<void> {
    return this.publish(this.done(task));
  }

  private name({ job, stage, tile, attempt, token }: Task) {
    return { protocol: PROTOCOL, job, stage, tile, attempt, token, worker: "own" };
  }
}
