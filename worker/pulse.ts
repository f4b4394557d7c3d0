import manifest from "../package.json" with { type: "json" };
import { type Heartbeat, PROTOCOL } from "../shared/bus/messages.ts";

const BEAT_EVERY_MS = 500;
/** Weight of the newest half second in the mean of tiles a second. */
const NEWEST = 0.3;

interface PulseOptions {
  readonly about: Pick<Heartbeat, "worker" | "name" | "host" | "threads" | "fingerprint" | "ops">;
  readonly partitions: () => readonly number[];
  readonly publish: (beat: Heartbeat) => Promise<void>;
  /** The bus did not take one. */
  readonly onTrouble: (thrown: unknown) => void;
}

/** Says twice a second how the worker is, and at once when something changes that a master should know. */
export class Pulse {
  private phase: Heartbeat["phase"] = "working";
  private inFlight = 0;
  private tilesDone = 0;
  private rate = 0;
  private beforeMs = performance.now();
  private beforeTiles = 0;
  private beforeCpu = process.cpuUsage();
  private load = 0;
  private rssBytes = 0;
  private timer: Timer | undefined;
  /** One at a time: while the bus is away, what there would be to say is old by the time that it is sent. */
  private saying: Promise<void> | undefined;
  private more = false;
  private takenMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: PulseOptions) {}

  start(): void {
    this.timer = setInterval(() => {
      this.measure();
      this.now();
    }, BEAT_EVERY_MS);
    this.now();
  }

  begun(): void {
    this.inFlight++;
  }

  ended(done: boolean): void {
    this.inFlight--;
    if (done) this.tilesDone++;
  }

  /** Something has changed that cannot wait for the next beat. */
  now(): void {
    if (this.saying !== undefined) {
      this.more = true;
      return;
    }
    this.saying = this.say().finally(() => {
      this.saying = undefined;
      if (!this.more) return;
      this.more = false;
      this.now();
    });
  }

  /** Milliseconds since the bus took one. */
  beatMsAgo(): number {
    return performance.now() - this.takenMs;
  }

  drain(): void {
    this.phase = "draining";
    this.now();
  }

  /** Says the last word. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    await this.saying;
    this.phase = "left";
    await this.say();
  }

  /** A word that the bus does not take is not missed: the next one says more. */
  private say(): Promise<void> {
    const { about, partitions, publish, onTrouble } = this.options;
    const beat: Heartbeat = {
      protocol: PROTOCOL,
      version: manifest.version,
      ...about,
      phase: this.phase,
      partitions: partitions(),
      inFlight: this.inFlight,
      tilesDone: this.tilesDone,
      tilesPerSecond: this.rate,
      load: this.load,
      rssBytes: this.memory(),
    };
    return publish(beat).then(() => {
      this.takenMs = performance.now();
    }, onTrouble);
  }

  /** Looking it up takes a file, of which there may be none left for the moment. */
  private memory(): number {
    try {
      this.rssBytes = process.memoryUsage.rss();
    } catch {
      // as it was
    }
    return this.rssBytes;
  }

  private measure(): void {
    const now = performance.now();
    const cpu = process.cpuUsage(this.beforeCpu);
    const ms = now - this.beforeMs;
    const tilesPerSecond = ((this.tilesDone - this.beforeTiles) / ms) * 1000;
    this.rate += NEWEST * (tilesPerSecond - this.rate);
    if (this.rate < 0.01) this.rate = 0;
    this.load = (cpu.user + cpu.system) / 1000 / ms;
    this.beforeMs = now;
    this.beforeTiles = this.tilesDone;
    this.beforeCpu = process.cpuUsage();
  }
}
