import { Access } from "../master/access/access.ts";
import {
  type Served,
  type ServeOptions,
  type Service,
  serve,
  serviceOf,
} from "../master/http/server/serve.ts";
import { DEFAULT_LIMITS } from "../master/limits.ts";
import { withDefaults } from "../shared/config/table.ts";
import { type Engine, type EngineOptions, openEngine } from "./engine.ts";

export interface ServerOptions extends EngineOptions, Partial<Service> {
  /** For tests, see `ServeOptions`. */
  readonly every?: ServeOptions["every"];
  readonly checkAnswer?: ServeOptions["checkAnswer"];
}

export type TesseraServer = Served;

/** On a free port where no port is said. */
const DEFAULT_SERVICE: Service = serviceOf(withDefaults({ port: 0 }));

/** The engine as a service over HTTP. @throws address_not_loopback, folder_in_use, folder_too_new, config_invalid */
export function startServer(options: ServerOptions): TesseraServer {
  const service = { ...DEFAULT_SERVICE, ...options };
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const access = new Access(service);
  let engine: Engine | undefined;
  try {
    engine = openEngine(options);
    const server = serve(engine.master, { ...service, access, limits, durable: options.dir !== undefined });
    return {
      url: server.url,
      async stop() {
        await server.stop();
        await engine?.stop();
        access.close();
      },
    };
  } catch (thrown) {
    engine?.stop().catch(() => {}); // nothing has begun that could fail to end
    access.close();
    throw thrown;
  }
}
