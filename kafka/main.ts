/**
 * `bun run kafka`: a Kafka for trying Tessera as several processes on one machine. One node, for everybody on this
 * machine; it has no topics until a master makes them.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KAFKA_VERSION } from "./libraries.ts";
import { Hindrance, hindranceOf, type LocalKafkaOptions, prepareLocalKafka } from "./local.ts";
import type { KafkaNode } from "./node.ts";

const USAGE = `Runs a Kafka on this machine until Ctrl-C.

  bun run kafka [options]

  --port N       its port on 127.0.0.1 (default 9092)
  --data FOLDER  where it keeps its data between runs (default data/kafka)
`;

function read(): LocalKafkaOptions {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "9092" },
      data: { type: "string", default: join("data", "kafka") },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error("--port is a whole number from 1 to 65535");
  return { port, folder: values.data, onWait: (sentence) => console.log(sentence) };
}

async function serve(options: LocalKafkaOptions): Promise<void> {
  let node: KafkaNode | undefined;
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await node?.stop();
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop());
  process.on("SIGINT", () => void stop());
  try {
    node = await prepareLocalKafka(options);
    await node.start();
    console.log(
      `Kafka ${KAFKA_VERSION} listens on ${node.address} and keeps its data in ${options.folder}. ` +
        "Next, in other terminals: bun run master, bun run worker.",
    );
    const said = await node.ended();
    if (!stopping) throw new Error(`Kafka has ended:\n${said}`);
  } catch (thrown) {
    if (!stopping) throw hindranceOf(thrown, options);
  }
}

let options: LocalKafkaOptions;
try {
  options = read();
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : thrown}\n\n${USAGE}`);
  process.exit(2);
}
try {
  await serve(options);
} catch (thrown) {
  console.error(thrown instanceof Hindrance ? thrown.message : thrown);
  process.exit(1);
}
