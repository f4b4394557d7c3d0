import { requireLoopback, type Served, type ServeOptions, serve } from "../master/http/serve.ts";
import { DEFAULT_LIMITS } from "../master/limits.ts";
import { type EngineOptions, openEngine } from "./engine.ts";

export interface ServerOptions extends EngineOptions {
  /** A loopback address. */
  readonly hostname?: string;
  /** 0, which is the default, takes a free one. */
  readonly port?: number;
  /** For tests, see `EdgeOptions`. */
  readonly checkAnswer?: ServeOptions["checkAnswer"];
}

export type TesseraServer = Served;

/** The engine as a service over HTTP. @throws address_not_loopback, folder_in_use, folder_too_new, config_invalid */
export function startServer(options: ServerOptions): TesseraServer {
  const { hostname = "127.0.0.1", port = 0, dir, checkAnswer } = options;
  requireLoopback(hostname);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const engine = openEngine(options);
  try {
    const server = serve(engine.master, {
      ...{ hostname, port, limits, durable: dir !== undefined },
      ...(checkAnswer && { checkAnswer }),
    });
    return {
      url: server.url,
      async stop() {
        await server.stop();
        await engine.stop();
      },
    };
  } catch (thrown) {
    engine.stop().catch(() => {}); // nothing has begun that could fail to end
    throw thrown;
  }
}
