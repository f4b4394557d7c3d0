import type { Live, LiveState, Told, Topic } from "../../client/client.ts";
import { TILE_STATES } from "../../shared/api/states.ts";

type Named<T extends Topic, N extends string> = Extract<Told<T>, { readonly type: N }>;

/** Somebody who follows a topic: keeps all that is told of it. */
export class Follower<T extends Topic> {
  readonly told: Told<T>[] = [];
  readonly leave: () => void;
  private readonly tiles = new Map<string, number>();
  private waiting: (() => void)[] = [];

  constructor(feed: Live, topic: T) {
    this.leave = feed.subscribe(topic, (message) => this.hear(message as Told<Topic>));
  }

  /** The first message of this type, of those that came or are to come, that is as it should be. */
  async message<N extends Told<T>["type"]>(
    type: N,
    wanted: (message: Named<T, N>) => boolean = () => true,
  ): Promise<Named<T, N>> {
    for (let from = 0; ; ) {
      const found = this.told.slice(from).find((each) => each.type === type && wanted(each as Named<T, N>));
      if (found !== undefined) return found as Named<T, N>;
      from = this.told.length;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** How many tiles are done by all that was told. */
  done(): number {
    return [...this.tiles.values()].filter((state) => state === DONE).length;
  }

  async allDone(tiles: number): Promise<void> {
    while (this.done() < tiles) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Every tile, as it was told. */
  shown(): string[] {
    return [...this.tiles].map(([tile, state]) => `${tile}: ${state}`).toSorted(byNumber);
  }

  private hear(message: Told<Topic>): void {
    this.told.push(message as Told<T>);
    if (message.type === "tiles") {
      if (message.snapshot && message.part === 0) this.tiles.clear();
      for (const { stage, tile, state } of message.tiles)
        this.tiles.set(`${stage}/${tile}`, TILE_STATES.indexOf(state));
    }
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

const DONE = TILE_STATES.indexOf("done");

/** In the order of their numbers. */
const byNumber = (one: string, other: string) => one.localeCompare(other, "en", { numeric: true });

export async function stateOf(feed: Live, wanted: LiveState): Promise<void> {
  if (feed.state === wanted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = feed.onState((state) => state === wanted && resolve());
  await promise;
  end();
}
