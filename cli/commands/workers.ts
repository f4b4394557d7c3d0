import type { Command } from "commander";
import type { Client } from "../../client/client.ts";
import { connect, forEach, type RemoteOptions, withMaster } from "../remote.ts";
import { columns } from "../table.ts";
import { formatBytes, formatSeconds, paint, printJson } from "../terminal.ts";

type Workers = Awaited<ReturnType<Client["listWorkers"]>>["workers"];

export function addWorkers(program: Command): void {
  const workers = program
    .command("workers")
    .summary("show who works for a master, and drain workers")
    .description("Shows who works for a master, and says who is to get no more tiles.");
  withMaster(workers.command("list", { isDefault: true }))
    .description("The workers of a master, and those that it had lately.")
    .option("--json", "an array of objects")
    .action(async (options: RemoteOptions) => {
      const { workers } = await (await connect(options)).listWorkers();
      if (options.json) printJson(workers);
      else process.stdout.write(workers.length === 0 ? "There are no workers.\n" : `${asText(workers)}\n`);
    });
  addHolding(
    workers,
    "drain",
    "Gives workers no more tiles; they finish those that they have.",
    (client, id) => client.drainWorker({ id }),
  );
  addHolding(workers, "undrain", "Gives workers that were drained tiles again.", (client, id) =>
    client.undrainWorker({ id }),
  );
}

function addHolding(
  workers: Command,
  name: string,
  description: string,
  act: (client: Client, id: string) => Promise<Workers[number]>,
): void {
  withMaster(workers.command(name))
    .description(description)
    .argument("<worker...>", "ids of workers, as `tessera workers` shows them")
    .option("--json", "one object a line and worker")
    .action(async (ids: string[], options: RemoteOptions) => {
      const client = await connect(options);
      process.exitCode = await forEach(ids, options, async (id) => {
        const worker = await act(client, id);
        if (options.json) printJson(worker);
        else process.stdout.write(`${id}  ${worker.state}\n`);
      });
    });
}

const HEAD = [
  "NAME",
  "STATE",
  "THREADS",
  "TILES/S",
  "IN FLIGHT",
  "TILES",
  "MEMORY",
  "HEARD",
  "VERSION",
  "ID",
];

function asText(workers: Workers): string {
  const rows = workers.map((worker) => [
    worker.name,
    worker.state,
    `${worker.threads}`,
    worker.tiles_per_second.toFixed(0),
    `${worker.in_flight}`,
    `${worker.tiles_done}`,
    formatBytes(worker.rss_bytes),
    `${formatSeconds(worker.heard_ms_ago / 1000)} ago`,
    worker.version,
    worker.id,
  ]);
  const [head, ...lines] = columns(HEAD, rows, [2, 3, 4, 5, 6, 7]);
  const shown = lines.map((line, i) =>
    workers[i]!.state === "live" ? line : paint(process.stdout, "dim", line),
  );
  return [paint(process.stdout, "dim", head!), ...shown].join("\n");
}
