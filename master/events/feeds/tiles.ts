import type { TileChange, TileMap } from "../../jobs/tile_map.ts";
import type { Master } from "../../master.ts";
import { Feed, type FeedOptions, type StateMessage } from "../feed.ts";

/** Tiles of a snapshot that are told at a time. */
const PART_TILES = 16_384;
const TILES_REMEMBERED_MAX = 20_000;
/** More tiles than a stage can have. */
const STAGE = 2 ** 20;

/** Where every tile of a job stands. */
export class TilesFeed extends Feed<number> {
  /** As it was last told; that of a run of the job, or of one that is not under way as the store has it. */
  private map: TileMap | undefined;

  constructor(
    private readonly master: Master,
    private readonly id: string,
    options: FeedOptions,
  ) {
    super(options, TILES_REMEMBERED_MAX);
  }

  tile({ stage, tile }: TileChange): void {
    this.touch(stage * STAGE + tile);
  }

  /** With a run of the job its map has begun or ended; of what happens to it without a run, no tile tells. */
  override jobTouched(): void {
    if (this.map !== undefined && this.map === this.master.tileMapUnderWay(this.id)) return;
    this.map = undefined;
    this.anew();
  }

  /** A run's map is there anyway, and tells those who come back that it is the same run. */
  override rest(): boolean {
    if (this.map !== this.master.tileMapUnderWay(this.id)) this.map = undefined;
    return true;
  }

  protected override snapshot(seq: number, part: number): StateMessage {
    if (this.master.job(this.id) === undefined) return { type: "gone", topic: this.topic };
    this.map ??= this.master.tileMap(this.id);
    const [start, end] = [part * PART_TILES, (part + 1) * PART_TILES];
    const stages = part === 0 ? this.map.grids() : [];
    const tiles = this.map.tried(start, end);
    return { ...this.named(seq), snapshot: true, part, more: end < this.map.size, stages, tiles };
  }

  protected override delta(keys: ReadonlySet<number>, seq: number): StateMessage {
    if (this.master.job(this.id) === undefined) return { type: "gone", topic: this.topic };
    const map = this.map ?? this.master.tileMap(this.id);
    this.map = map;
    const tiles = [...keys].map((key) => map.tile(Math.floor(key / STAGE), key % STAGE));
    return { ...this.named(seq), snapshot: false, part: 0, more: false, stages: [], tiles };
  }

  private named(seq: number) {
    return { type: "tiles", topic: this.topic, seq } as const;
  }

  private get topic(): string {
    return `tiles:${this.id}`;
  }
}
