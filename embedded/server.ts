import { createApp } from "../master/http/app.ts";
import { DEFAULT_LIMITS, type Limits } from "../master/limits.ts";
import { TesseraError } from "../shared/errors.ts";
import { type EngineOptions, openEngine } from "./engine.ts";

export interface ServerOptions extends EngineOptions {
  /** A loopback address; port 0 takes a free one. */
  readonly hostname?: string;
  readonly port?: number;
}

export interface TesseraServer {
  readonly url: string;
  stop(): Promise<void>;
}

const LOOPBACK = ["127.0.0.1", "::1", "localhost"];

/**
 * The engine as a service over HTTP.
 *
 * @throws address_not_loopback: there are no credentials yet to serve others by; folder_in_use; config_invalid when
 * the port cannot be had
 */
export function startServer(options: ServerOptions): TesseraServer {
  const { hostname = "127.0.0.1", port = 0 } = options;
  if (!LOOPBACK.includes(hostname)) throw new TesseraError("address_not_loopback", `It was ${hostname}.`);
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits };
  const engine = openEngine(options);
  const app = createApp(engine.master, {
    uploadBytesMax: limits.uploadBytesMax,
    durable: options.dir !== undefined,
  });
  const server = listen(() =>
    Bun.serve({
      hostname,
      port,
      // Bytes are counted where they are read, so that the refusal is ours and comes with its reason.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: (request, bun) => app.fetch(request, bun),
    }),
  );
  if (server instanceof TesseraError) {
    engine.stop().catch(() => {}); // nothing has begun that could fail to end
    throw server;
  }
  return {
    url: server.url.href.replace(/\/$/, ""),
    async stop() {
      await server.stop(true);
      await engine.stop();
    },
  };
}

/** A port that is taken is the world's fault and said so. */
function listen<T>(serve: () => T): T | TesseraError {
  try {
    return serve();
  } catch (cause) {
    return new TesseraError("config_invalid", cause instanceof Error ? cause.message : "", { cause });
  }
}
