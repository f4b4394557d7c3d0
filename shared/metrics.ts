/** What Prometheus collects, by its conventions: https://prometheus.io/docs/practices/naming/ */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { BusCounts } from "./bus/port.ts";

export { Counter, Histogram, Registry };

export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** Of tiles and requests: from a millisecond to a minute. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

let ofProcess: Registry | undefined;

/** What is collected, and how the process is: memory, processor, event loop, garbage. */
export function expose(registry: Registry): Promise<string> {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return Registry.merge([registry, ofProcess]).metrics();
}

/** A figure that is looked up whenever it is asked for. */
export function gauge(registry: Registry, name: string, help: string, value: () => number): void {
  new Gauge({
    ...{ name, help, registers: [registry] },
    collect() {
      this.set(value());
    },
  });
}

/** The same by the values of a label. */
export function gauges(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  values: () => Readonly<Record<string, number>>,
): void {
  new Gauge({
    ...{ name, help, labelNames: [label], registers: [registry] },
    collect() {
      this.reset();
      for (const [one, value] of Object.entries(values())) this.set({ [label]: one }, value);
    },
  });
}

/** What only grows and is counted elsewhere; by the values of a label. */
export function totals(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  values: () => Readonly<Record<string, number>>,
): void {
  new Counter({
    ...{ name, help, labelNames: [label], registers: [registry] },
    collect() {
      this.reset();
      for (const [one, value] of Object.entries(values())) this.inc({ [label]: one }, value);
    },
  });
}

/** The same without a label. */
function total(registry: Registry, name: string, help: string, value: () => number): void {
  new Counter({
    ...{ name, help, registers: [registry] },
    collect() {
      this.reset();
      this.inc(value());
    },
  });
}

export function busMetrics(registry: Registry, counts: BusCounts): void {
  const sent = "Bytes that the bus has taken from this process.";
  total(registry, "tessera_bus_sent_bytes_total", sent, () => counts.sentBytes);
  const received = "Bytes that have come to this process over the bus.";
  total(registry, "tessera_bus_received_bytes_total", received, () => counts.receivedBytes);
  const dropped = "Messages that were dropped: damaged or not ours, or in vain each time.";
  totals(registry, "tessera_bus_dropped_total", dropped, "why", () => {
    const { refused, abandoned } = counts;
    return { refused, abandoned };
  });
}
