import { mkdirSync, rmSync, statfsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { TesseraError } from "../../shared/errors.ts";
import { canvasBytes } from "../canvas/canvas.ts";
import { ingest, type Profile } from "../ingest/ingest.ts";
import { probe } from "../probe/probe.ts";
import type { ImageLimits } from "../probe/types.ts";
import { WHOLE } from "./extent.ts";
import type { PreviewPool } from "./pool.ts";
import { TakingTurns } from "./taking_turns.ts";
import { View } from "./view.ts";

const PLACES_MAX = 1000;

/** Images decoded at a time, and how many may wait for it. */
const DECODING = { atOnce: 2, waiting: 64 };

export interface ShelfNeeds {
  /** Its own folder: what is in it when it opens goes. */
  readonly dir: string;
  readonly limits: ImageLimits & { readonly freeBytesMin: number };
  /** Disk that all canvases on it may take. */
  readonly bytesMax: number;
  /** How long one is kept that nobody looks at. */
  readonly keptMs: number;
  /** Canvases at a time, however small they are: each is a folder, and some memory. */
  readonly placesMax?: number;
  readonly pool: PreviewPool;
  readonly now: () => number;
}

interface Place {
  readonly folder: string;
  readonly view: Promise<View>;
  bytes: number;
  users: number;
  usedMs: number;
}

/**
 * Canvases of image files that somebody looks at: decoded once, kept while they are looked at, and no more of them than
 * the disk may be used for. An overview adds less than a tenth to its canvas, which is counted along.
 */
export class Shelf {
  private readonly places = new Map<string, Place>();
  private count = 0;
  private readonly decoding = new TakingTurns(DECODING.atOnce, DECODING.waiting);

  constructor(private readonly needs: ShelfNeeds) {
    rmSync(needs.dir, { recursive: true, force: true });
    mkdirSync(needs.dir, { recursive: true });
  }

  has(name: string): boolean {
    return this.places.has(name);
  }

  /**
   * Looks at the image in the file `path`; its canvas stays at least until `look` has ended.
   *
   * @throws what probing and decoding throw; disk_full, image_too_many_pixels if it does not fit on the shelf; queue_full
   */
  async look<T>(name: string, path: string, profile: Profile, look: (view: View) => Promise<T>): Promise<T> {
    let place = this.places.get(name);
    if (place === undefined) {
      place = this.begin(name, path, profile);
    }
    return this.using(place, look);
  }

  /** The same, of what is there already; undefined if it is not. */
  async again<T>(name: string, look: (view: View) => Promise<T>): Promise<T | undefined> {
    const place = this.places.get(name);
    return place === undefined ? undefined : this.using(place, look);
  }

  /** Takes one off that will not be looked at again. */
  async remove(name: string): Promise<void> {
    const place = this.places.get(name);
    if (place === undefined) return;
    this.places.delete(name);
    await place.view.catch(() => {}); // whoever waits for it is told
    await rm(place.folder, { recursive: true, force: true });
  }

  /** Takes those off that have not been looked at for a while. */
  sweep(): void {
    const before = this.needs.now() - this.needs.keptMs;
    for (const [name, { users, usedMs }] of this.places)
      if (users === 0 && usedMs < before) void this.remove(name);
  }

  private async using<T>(place: Place, look: (view: View) => Promise<T>): Promise<T> {
    place.users++;
    try {
      return await look(await place.view);
    } finally {
      place.users--;
      place.usedMs = this.needs.now();
    }
  }

  private begin(name: string, path: string, profile: Profile): Place {
    const { promise: view, resolve } = Promise.withResolvers<View>();
    // Of its own: one of the same name may still be being removed.
    const folder = join(this.needs.dir, `${this.count++}`);
    const place: Place = { folder, view, bytes: 0, users: 0, usedMs: this.needs.now() };
    this.places.set(name, place);
    view.catch(() => this.places.get(name) === place && this.places.delete(name));
    resolve(this.decoding.run(() => this.open(place, path, profile)));
    return place;
  }

  private async open(place: Place, path: string, profile: Profile): Promise<View> {
    const { limits, pool } = this.needs;
    const { folder } = place;
    const probed = await probe(path, limits);
    await this.makeRoom(place, canvasBytes(probed.shape));
    mkdirSync(folder, { recursive: true });
    const canvas = join(folder, "canvas.v");
    try {
      await ingest(path, probed, canvas, { profile, pixelsMax: limits.pixelsMax }).done;
    } catch (thrown) {
      await rm(folder, { recursive: true, force: true });
      throw thrown;
    }
    const { shape, orientation } = probed;
    return new View({ path: canvas, shape, orientation, extent: WHOLE, folder, pool });
  }

  /** Takes off what nobody looks at, the longest unused first. @throws disk_full, image_too_many_pixels */
  private async makeRoom(place: Place, bytes: number): Promise<void> {
    const { bytesMax, limits, dir, placesMax = PLACES_MAX } = this.needs;
    const needed = Math.ceil(bytes * 1.1);
    if (needed > bytesMax)
      throw new TesseraError("image_too_many_pixels", `To be shown it would take ${needed} bytes of disk.`);
    const idle = [...this.places].filter(([, { users }]) => users === 0);
    for (const [oldest] of idle.sort(([, a], [, b]) => a.usedMs - b.usedMs)) {
      if (this.taken() + needed <= bytesMax && this.places.size <= placesMax) break;
      await this.remove(oldest);
    }
    if (this.taken() + needed > bytesMax) throw new TesseraError("queue_full");
    const { bavail, bsize } = statfsSync(dir);
    if (bavail * bsize - needed < limits.freeBytesMin)
      throw new TesseraError("disk_full", `To be shown it takes about ${Math.ceil(needed / 2 ** 20)} MiB.`);
    place.bytes = needed;
  }

  private taken(): number {
    return [...this.places.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
