/**
 * `bun start`: the whole of Tessera in one process, served on a loopback address.
 *
 * The start script gives the process more than one thread a core for decoders and encoders (UV_THREADPOOL_SIZE, read
 * only at a process' start): otherwise two large images being decoded would keep every small one waiting.
 */
import { serviceOf } from "../master/http/server/serve.ts";
import { limitsOf } from "../master/limits.ts";
import { outboundOf } from "../master/outbound/outbound.ts";
import { webhooksOf } from "../master/webhooks/webhooks.ts";
import { loadSettings } from "../shared/config/load.ts";
import { log, setUpLog } from "../shared/log.ts";
import { runService } from "../shared/service.ts";
import { startServer } from "./server.ts";

await runService(() => {
  const settings = loadSettings();
  setUpLog(settings.log);
  const { dir, threads } = settings;
  const server = startServer({
    ...serviceOf(settings),
    ...{ dir, threads },
    limits: limitsOf(settings),
    ...{ outbound: outboundOf(settings), webhooks: webhooksOf(settings) },
  });
  log.info(`Tessera listens on ${server.url} and keeps its jobs in ${dir}.`);
  return server;
});
