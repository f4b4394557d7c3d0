import type { KafkaSettings } from "../../shared/bus/kafka/client.ts";
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import type { TileDone } from "../../shared/bus/messages.ts";

/** A tile whose first result has passed. */
interface Passed extends Pick<TileDone, "job" | "stage" | "tile" | "worker"> {
  readonly atMs: number;
}

/**
 * Listens on the bus beside the master. Whatever passes is a signal to look again, and heartbeats pass all the time, so
 * that a test waits for what it wants to see without a timer of its own.
 */
export class Watch {
  /** Tiles in the order of their first results. */
  readonly passed: Passed[] = [];
  private readonly seen = new Set<string>();
  private signal = Promise.withResolvers<void>();

  private constructor(private readonly bus: KafkaBus) {}

  static async open(settings: KafkaSettings): Promise<Watch> {
    const watch = new Watch(await KafkaBus.connect({ settings }));
    await watch.listen();
    return watch;
  }

  /** Resolves with the first answer that will do, asked again at each signal. */
  async until<T>(ask: () => T | Promise<T>, willDo: (answer: Awaited<T>) => boolean): Promise<Awaited<T>> {
    for (;;) {
      const next = this.signal.promise; // one that comes while we ask is not missed
      const answer = await ask();
      if (willDo(answer)) return answer;
      await next;
    }
  }

  /** Resolves once so many tiles of the job have been computed. */
  async tiles(job: string, count: number): Promise<void> {
    await this.until(
      () => this.of(job).length,
      (length) => length >= count,
    );
  }

  of(job: string): readonly Passed[] {
    return this.passed.filter((tile) => tile.job === job);
  }

  /** The longest time without a new tile of the job, in milliseconds. */
  longestGap(job: string): number {
    const times = this.of(job).map(({ atMs }) => atMs);
    return Math.max(0, ...times.slice(1).map((atMs, i) => atMs - times[i]!));
  }

  close(): Promise<void> {
    return this.bus.close();
  }

  private async listen(): Promise<void> {
    const wake = () => {
      const { resolve } = this.signal;
      this.signal = Promise.withResolvers();
      resolve();
    };
    const results = this.bus.subscribe("results", 8, async (result) => {
      const { job, stage, tile, worker } = result;
      const name = `${job} ${stage} ${tile}`;
      if (result.ok && !this.seen.has(name)) {
        this.seen.add(name);
        this.passed.push({ job, stage, tile, worker, atMs: performance.now() });
      }
      wake();
    });
    const beats = this.bus.follow("heartbeats", wake);
    await Promise.all([results.ready, beats.ready]);
  }
}
