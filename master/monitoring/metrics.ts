import {
  busMetrics,
  Counter,
  expose,
  gauge,
  gauges,
  Histogram,
  Registry,
  SECONDS,
  totals,
} from "../../shared/metrics.ts";
import type { Answered } from "../http/followed.ts";
import type { Master } from "../master.ts";
import { workersByState } from "./stats.ts";

/** What Prometheus collects of a master. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests: Histogram<"method" | "route" | "status">;
  /** Counts no longer. */
  readonly close: () => void;

  constructor(private readonly master: Master) {
    const registers = [this.registry];
    this.requests = new Histogram({
      ...{ name: "tessera_http_request_duration_seconds", help: "From request to answer.", registers },
      ...{ labelNames: ["method", "route", "status"], buckets: SECONDS },
    });
    const tiles = new Counter({
      ...{ name: "tessera_tiles_total", help: "Attempts at tiles, by what became of them.", registers },
      labelNames: ["outcome"],
    });
    const tileSeconds = new Histogram({
      ...{
        name: "tessera_tile_duration_seconds",
        help: "A thread's time for a tile that is done.",
        registers,
      },
      buckets: SECONDS,
    });
    this.close = master.onTile(({ state, ms }) => {
      if (state === "in_flight") return;
      tiles.inc({ outcome: state === "waiting" ? "returned" : state });
      if (state === "done") tileSeconds.observe(ms / 1000);
    });
    this.lookUp();
    const counts = master.figures.bus;
    if (counts !== undefined) busMetrics(this.registry, counts);
  }

  answered({ method, route, status, ms }: Answered): void {
    this.requests.observe({ method, route, status: `${status}` }, ms / 1000);
  }

  /** In Prometheus' text format. */
  text(): Promise<string> {
    return expose(this.registry);
  }

  private lookUp(): void {
    const { registry, master } = this;
    const live = () => master.workers().filter(({ state }) => state === "live");
    const sum = (figure: "threads" | "in_flight") => live().reduce((all, worker) => all + worker[figure], 0);
    gauges(registry, "tessera_jobs", "Jobs that are kept, by state.", "state", () => master.counts());
    totals(registry, "tessera_jobs_total", "Jobs that have ended, by how.", "state", () => master.ended);
    gauge(registry, "tessera_queue_jobs", "Jobs that wait to begin.", () => master.figures.load.queued);
    gauges(registry, "tessera_workers", "Workers, by state.", "state", () => workersByState(master));
    gauge(registry, "tessera_worker_threads", "Threads of live workers.", () => sum("threads"));
    gauge(registry, "tessera_tiles_in_flight", "Tiles with live workers.", () => sum("in_flight"));
    gauge(
      registry,
      "tessera_disk_free_bytes",
      "Free on the disk of the master's folder.",
      () => master.figures.disk.freeBytes,
    );
    totals(registry, "tessera_tasks_total", "Tasks, by what became of them on their way.", "what", () => {
      const { sent, sentAgain, returned, ignored } = master.dispatched();
      return { sent, sent_again: sentAgain, returned, ignored };
    });
  }
}
