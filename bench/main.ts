/**
 * `bun run bench NAME`: what Tessera does on this machine, beside what one would use instead.
 *
 *     bun run bench ops      each op and engine on one tile
 *     bun run bench engine   whole images beside libvips
 *     bun run bench memory   peak memory and time from 10 megapixels to 1 gigapixel
 *     bun run bench payload  size and time of a tile's payload; of photographs if their names follow
 *     bun run bench kafka    a master and workers over a real Kafka, beside its own tools
 *     bun run bench start    how long it takes to start, and a small photo in a running process
 */
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    repeats: { type: "string", default: "5" },
    gigapixel: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const repeats = Number(values.repeats);
const [name = "", ...files] = positionals;

async function run(name: string): Promise<{ record: unknown; text: string }> {
  switch (name) {
    case "ops": {
      const { benchOps, OPS_FULL, printOps } = await import("./ops.ts");
      const record = await benchOps({ ...OPS_FULL, repeats });
      return { record, text: printOps(record) };
    }
    case "engine": {
      const { benchEngine, ENGINE_SIZES, printEngine } = await import("./engine.ts");
      const record = await benchEngine({ sizes: ENGINE_SIZES, repeats });
      return { record, text: printEngine(record) };
    }
    case "memory": {
      const { benchMemory, MEMORY_SIZES, printMemory } = await import("./memory.ts");
      const sizes = MEMORY_SIZES.filter(({ gigapixel }) => values.gigapixel || !gigapixel);
      const record = await benchMemory(sizes, repeats);
      return { record, text: printMemory(record) };
    }
    case "payload": {
      const { benchPayload, PAYLOAD_FULL, printPayload } = await import("./payload.ts");
      const record = await benchPayload({ ...PAYLOAD_FULL, repeats, files });
      return { record, text: printPayload(record) };
    }
    case "kafka": {
      const { benchKafka, KAFKA_FULL, printKafka } = await import("./kafka.ts");
      const record = await benchKafka({ ...KAFKA_FULL, repeats });
      return { record, text: printKafka(record) };
    }
    case "start": {
      const { benchStart, printStart } = await import("./start.ts");
      const record = await benchStart(repeats);
      return { record, text: printStart(record) };
    }
    default:
      throw new Error(`There is no bench '${name}'. There is: ops, engine, memory, payload, start, kafka.`);
  }
}

const { record, text } = await run(name);
console.log(values.json ? JSON.stringify(record, null, 2) : text);
