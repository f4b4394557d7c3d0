import type { Settings } from "../../../shared/config/table.ts";
import type { Access } from "../../access/access.ts";
import { type Provider, providerOf } from "../../access/tokens.ts";
import type { Every } from "../../clock.ts";
import { EventHub } from "../../events/hub.ts";
import type { Limits } from "../../limits.ts";
import type { Master } from "../../master.ts";
import { Metrics } from "../../monitoring/metrics.ts";
import { createApp } from "../app.ts";
import type { EdgeOptions } from "../edge.ts";
import { SOCKETS, type SocketOutlet } from "../events/socket.ts";
import type { CertificateFiles } from "./certificate.ts";
import { Listener } from "./listener.ts";
import { keepFilesFree } from "./open_files.ts";

/** What of the settings makes a server. */
export interface Service {
  /** An address of this machine. */
  readonly hostname: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Origins whose pages may ask, beside our own. */
  readonly corsOrigins: readonly string[];
  /** Whose tokens are taken beside keys. */
  readonly provider?: Provider | undefined;
  /** The server speaks TLS with it. */
  readonly tls?: CertificateFiles | undefined;
}

export function serviceOf(settings: Settings): Service {
  const { host: hostname, port, cors_origins: corsOrigins } = settings;
  const { cert, key } = settings.tls;
  const tls = cert !== undefined && key !== undefined ? { cert, key } : undefined;
  return { hostname, port, corsOrigins, provider: providerOf(settings), tls };
}

export interface ServeOptions extends Service {
  readonly access: Access;
  readonly limits: Limits;
  /** Whether uploads are on the disk before they are answered. */
  readonly durable: boolean;
  /** When the certificate is looked at again; by default the system says so. */
  readonly every?: Every | undefined;
  /** See `EdgeOptions`. */
  readonly checkAnswer?: EdgeOptions["checkAnswer"];
}

export interface Served {
  readonly url: string;
  stop(): Promise<void>;
}

/** Puts a master on a socket. @throws config_invalid when the port cannot be had, or the certificate is none */
export function serve(master: Master, options: ServeOptions): Served {
  const { hostname, port, tls, every, limits, durable, access, checkAnswer } = options;
  const events = new EventHub(master, limits);
  const metrics = new Metrics(master);
  const app = createApp(master, {
    access,
    events,
    metrics,
    uploadBytesMax: limits.uploadBytesMax,
    trustedProxies: limits.trustedProxies,
    bodyPace: limits.bodyPace,
    requestsMax: limits.requestsMax,
    durable,
    ...(checkAnswer && { checkAnswer }),
  });
  const listener = new Listener<SocketOutlet>({
    ...{ port, files: tls, every },
    listen: (port, certificate) =>
      Bun.serve<SocketOutlet, never>({
        ...{ hostname, port },
        ...(certificate && { tls: certificate }),
        // Bytes are counted where they are read, so that the refusal is ours and comes with its reason.
        maxRequestBodySize: Number.MAX_SAFE_INTEGER,
        fetch: (request, bun) => app.fetch(request, bun),
        websocket: SOCKETS,
      }),
  });
  const endLooks = keepFilesFree(limits.openFilesMax, listener);
  return {
    url: listener.url,
    async stop() {
      endLooks();
      events.close();
      metrics.close();
      await listener.stop();
    },
  };
}
