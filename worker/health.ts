import { METRICS_TYPE } from "../shared/metrics.ts";

const WELL_FOR_MS = 10_000;

interface HealthOptions {
  /** On the loopback interface; 0 takes a free one. */
  readonly port: number;
  /** Milliseconds since the bus took the last heartbeat. */
  readonly beatMsAgo: () => number;
  readonly partitions: () => number;
  /** How long after its last heartbeat a worker counts as well. */
  readonly wellForMs?: number;
  /** For Prometheus, in its text format. */
  readonly metrics?: () => Promise<string>;
}

/** Answers /healthz to whoever watches over the process: 200 while its heartbeats arrive, 503 when they do not. */
export function serveHealth({
  port,
  beatMsAgo,
  partitions,
  wellForMs = WELL_FOR_MS,
  metrics,
}: HealthOptions): {
  url: string;
  stop(): Promise<void>;
} {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port,
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/metrics" && metrics !== undefined) return answerWith(metrics);
      if (pathname !== "/healthz") return new Response(null, { status: 404 });
      const ago = beatMsAgo();
      const isWell = ago < wellForMs;
      const body = {
        status: isWell ? "ok" : "no heartbeat reaches Kafka",
        partitions: partitions(),
        heartbeatMsAgo: Number.isFinite(ago) ? Math.round(ago) : null,
      };
      return Response.json(body, { status: isWell ? 200 : 503 });
    },
  });
  return { url: server.url.href.replace(/\/$/, ""), stop: () => server.stop(true) };
}

const answerWith = async (metrics: () => Promise<string>): Promise<Response> =>
  new Response(await metrics(), { headers: { "content-type": METRICS_TYPE } });
