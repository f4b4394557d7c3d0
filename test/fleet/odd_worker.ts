/** A worker that is not as it should be: `bun odd_worker.ts '{ … }'`, an `Oddity` as JSON. */
import { KafkaBus } from "../../shared/bus/kafka/driver.ts";
import { PROTOCOL } from "../../shared/bus/messages.ts";
import { kafkaSettings } from "../../shared/config/kafka.ts";
import { loadSettings } from "../../shared/config/load.ts";
import { fingerprint } from "../../shared/ops/fingerprint.ts";
import { runService, type Service } from "../../shared/service.ts";
import { startWorker } from "../../worker/start.ts";
import { heartbeat } from "../bus/tasks.ts";

export interface Oddity {
  /** The file beside this one that its threads run. */
  readonly thread?: string;
  /** An op that gives other pixels than it ought to, by its own word. */
  readonly differs?: string;
  /** How long after its last heartbeat it counts as well. */
  readonly wellForMs?: number;
  /** Of a later version, which is told no more than that it is there. */
  readonly later?: boolean;
}

const BEAT_EVERY_MS = 500;

function start({ thread, differs, wellForMs, later }: Oddity): Promise<Service> {
  if (later) return startLater();
  const { ops } = fingerprint();
  return startWorker({
    ...(wellForMs && { wellForMs }),
    ...(thread && { thread: new URL(thread, import.meta.url) }),
    ...(differs && { fingerprint: { hash: "another", ops: { ...ops, [differs]: "another" } } }),
  });
}

/** It works for later masters, and sends back what it cannot read, in words of its own version. */
async function startLater(): Promise<Service> {
  const settings = loadSettings();
  const { name } = settings.worker;
  const bus = await KafkaBus.connect({ settings: kafkaSettings(settings) });
  const protocol = PROTOCOL + 1;
  const member = bus.subscribe("tasks", 2, ({ master, job, stage, tile, attempt, token }) => {
    const about = { master, job, stage, tile, attempt, token, worker: name, message: "" };
    return bus.publish("results", { protocol, ...about, ok: false, code: "tile_misdelivered" });
  });
  const { hash, ops } = fingerprint();
  const said = { protocol, name, fingerprint: hash, ops };
  const beat = () => bus.publish("heartbeats", heartbeat(name, { ...said, partitions: member.share() }));
  const timer = setInterval(() => void beat(), BEAT_EVERY_MS);
  await member.ready;
  console.log("It works on something else.");
  return {
    async stop() {
      clearInterval(timer);
      await bus.close();
    },
  };
}

if (import.meta.main) await runService(() => start(JSON.parse(process.argv[2]!) as Oddity));
