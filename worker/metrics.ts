import type { Result } from "../shared/bus/messages.ts";
import type { BusCounts } from "../shared/bus/port.ts";
import { busMetrics, Counter, expose, Histogram, Registry, SECONDS } from "../shared/metrics.ts";

/** What Prometheus collects of a worker. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly tiles: Counter<"outcome">;
  private readonly tileSeconds: Histogram;

  constructor(bus: BusCounts) {
    const registers = [this.registry];
    const about = { name: "tessera_worker_tiles_total", help: "Tiles, by what became of them.", registers };
    this.tiles = new Counter({ ...about, labelNames: ["outcome"] });
    for (const outcome of ["done", "failed"]) this.tiles.inc({ outcome }, 0);
    this.tileSeconds = new Histogram({
      ...{ name: "tessera_worker_tile_duration_seconds", help: "A thread's time for a tile.", registers },
      buckets: SECONDS,
    });
    busMetrics(this.registry, bus);
  }

  tile(result: Result): void {
    this.tiles.inc({ outcome: result.ok ? "done" : "failed" });
    if (result.ok) this.tileSeconds.observe(result.ms / 1000);
  }

  /** In Prometheus' text format. */
  text(): Promise<string> {
    return expose(this.registry);
  }
}
