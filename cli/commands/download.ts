import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import type { Client } from "../../client/client.ts";
import { UsageError } from "../failure.ts";
import { connect, forEach, type RemoteOptions, withMaster } from "../remote.ts";
import { interruptible } from "../run/interruption.ts";
import { checkWritable, receiveInto, sendToStdout } from "../run/place.ts";
import { type Target, targetOf } from "../run/target.ts";
import { transferLine } from "../run/transfer_line.ts";
import { formatBytes, paint, printJson } from "../terminal.ts";

const EXAMPLES = `
Examples:
  $ tessera download 0b7c9a52-6a0f-4c57-9a3e-1f2d8c9be911
  $ tessera download 0b7c9a52-6a0f-4c57-9a3e-1f2d8c9be911 -o better.jpg
  $ tessera jobs --json | jq -r '.[] | select(.state == "done") | .id' | xargs tessera download -o done/`;

interface Options extends RemoteOptions {
  readonly output?: string;
}

export function addDownload(program: Command): void {
  withMaster(program.command("download"))
    .summary("fetch the results of jobs")
    .description(
      "Fetches the results of jobs that are done. A connection that fails is taken up where it was.",
    )
    .argument("<job...>", "ids of jobs")
    .option("-o, --output <path>", "a file, a folder, or - for stdout (default: the result's own name, here)")
    .option("--json", "one object a line and job")
    .addHelpText("after", EXAMPLES)
    .action(fetchAll);
}

async function fetchAll(ids: string[], options: Options): Promise<void> {
  const { output, json } = options;
  const target: Target =
    output === undefined ? { kind: "folder", path: "." } : targetOf(output, ids, json === true);
  if (target.kind !== "stdout")
    await checkWritable(target.kind === "folder" ? target.path : dirname(target.path));
  const client = await connect(options);
  const fetched = (signal: AbortSignal) => async (id: string) => {
    const { place, bytes } = await fetchOne(client, id, target, signal);
    if (json) printJson({ id, output: place, bytes });
    else if (place !== "-")
      process.stdout.write(`${paint(process.stdout, "bold", place)}  ${formatBytes(bytes)}\n`);
  };
  process.exitCode = await interruptible((signal) => forEach(ids, options, fetched(signal), signal));
}

async function fetchOne(client: Client, id: string, target: Target, signal: AbortSignal) {
  const progress = transferLine(id, "received");
  const { name, bytes, stream } = await client.download(id, { signal, onProgress: progress.show });
  try {
    if (target.kind === "stdout") {
      await sendToStdout(stream);
      return { place: "-", bytes };
    }
    const place = target.kind === "file" ? target.path : join(target.path, name);
    // A file that was named may be written over; one whose name the server has chosen may not.
    if (target.kind === "folder" && existsSync(place))
      throw new UsageError(`${place} exists already. Name another with --output.`);
    await receiveInto(stream, place);
    return { place, bytes };
  } catch (thrown) {
    await stream.cancel().catch(() => {}); // it has ended or is being read
    throw thrown;
  } finally {
    progress.clear();
  }
}
