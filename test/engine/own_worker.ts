import { randomUUID } from "node:crypto";
import type { BufferPool } from "../../shared/buffers.ts";
import {
  type Heartbeat,
  PROTOCOL,
  type Result,
  type Task,
  type TileDone,
  type TileFailed,
} from "../../shared/bus/messages.ts";
import type { Bus, Subscription } from "../../shared/bus/port.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import { bytesPerPixel } from "../../shared/geometry.ts";
import { compileChain } from "../../shared/ops/chain.ts";
import { computeTile } from "../../shared/ops/compute_tile.ts";
import { SAME_PROCESS } from "../../shared/ops/fingerprint.ts";
import { heartbeat } from "../bus/tasks.ts";

/**
 * A worker in the hands of a test: takes every task off the bus at once, computes on the thread that it is on, and
 * publishes what the test says.
 */
export class OwnWorker {
  readonly id = `own-${randomUUID()}`;
  /** Every task that came, in order. */
  readonly tasks: Task[] = [];
  /** Milliseconds that it says a tile takes it. */
  tileMs = 10;
  private readonly member: Subscription;
  private readonly waiting: { count: number; resolve(tasks: readonly Task[]): void }[] = [];

  /** @param serve what to do with a task; without it they only gather */
  constructor(
    private readonly bus: Bus,
    private readonly buffers: BufferPool,
    private readonly serve: (task: Task, worker: OwnWorker) => void | Promise<void> = () => {},
  ) {
    this.member = bus.subscribe("tasks", 1000, async (task) => {
      this.tasks.push(task);
      for (const each of this.waiting) if (this.tasks.length >= each.count) each.resolve(this.tasks);
      await this.serve(task, this);
    });
    void this.beat();
  }

  /** Says that it is there, as nobody does for it. */
  beat(changes: Partial<Heartbeat> = {}): Promise<void> {
    const { hash: fingerprint, ops } = SAME_PROCESS;
    const said = { fingerprint, ops, partitions: this.partitions, ...changes };
    return this.bus.publish("heartbeats", heartbeat(this.id, said));
  }

  get partitions(): readonly number[] {
    return this.member.share();
  }

  /** Gives its partition up, and says so or not. */
  leave(): Promise<void> {
    return this.member.close();
  }

  /** Resolves once so many tasks have come in all. */
  came(count: number): Promise<readonly Task[]> {
    if (this.tasks.length >= count) return Promise.resolve(this.tasks);
    return new Promise((resolve) => this.waiting.push({ count, resolve }));
  }

  /** The right result of a task, its pixels as the bus wants them. */
  done(task: Task): TileDone {
    const { steps, input, out, window, figures } = task;
    const { channels, depth } = compileChain(steps, input).output;
    const stride = out.width * bytesPerPixel({ channels, depth });
    const target = task.pixels && !this.bus.packs ? this.buffers.take(stride * out.height) : undefined;
    const wanted = task.pixels && this.bus.packs ? ("packed" as const) : target;
    const computed = computeTile({ steps, input, out, window, figures, ...(wanted && { wanted }) });
    const raster = target && {
      ...{ rect: out, format: { channels, depth }, stride },
      data: new Uint8Array(target),
    };
    const pixels = computed.packed ?? raster;
    return {
      ...this.name(task),
      ok: true,
      ms: this.tileMs,
      ...(pixels && { pixels }),
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

  private name({ master, job, stage, tile, attempt, token }: Task) {
    return { protocol: PROTOCOL, master, job, stage, tile, attempt, token, worker: this.id };
  }
}
