/** `bun run bench`: see `bun run bench --help`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Bench, runBench, Unavailable } from "./bench.ts";
import { BENCHES, benchesNamed, RESULTS } from "./benches.ts";
import { type Command, readCommand, USAGE } from "./command.ts";
import { type BenchRecord, readRecords, recordText, writeRecords } from "./record.ts";
import { cautions, changesText, compareRecords, failures } from "./report/compare.ts";
import { htmlReport, type Reported, whereText } from "./report/html.ts";

/** What `bun run bench` may take when nothing is named. */
const MINUTES_MAX = 10;

interface Ran {
  readonly reported: readonly Reported[];
  /** In words. */
  readonly leftOut: readonly string[];
  readonly failed: boolean;
}

async function main(command: Command): Promise<number> {
  // Read first: a baseline that is not there is told before the minutes, and --save may overwrite it.
  const baseline = command.compare === undefined ? undefined : readRecords(command.compare);
  const say = command.json === "-" ? console.error : console.log;
  const { reported, leftOut, failed } = await runAll(command, say);
  const records = reported.map(({ record }) => record);
  for (const record of records) if (command.save) writeRecords(join(RESULTS, `${record.name}.json`), record);
  if (command.json === "-") await Bun.write(Bun.stdout, recordText(records));
  else if (command.json !== undefined) writeRecords(command.json, records);
  if (leftOut.length > 0) say(["\nLeft out:", ...leftOut.map((what) => `  ${what}`)].join("\n"));
  const { threshold, html } = command;
  const changes = baseline && compareRecords(baseline, records, threshold);
  if (html !== undefined) writeFileSync(html, htmlReport(reported, changes && { changes, threshold }));
  if (baseline !== undefined && changes !== undefined) {
    say(["", "== Compared with the baseline", ...cautions(baseline, records)].join("\n"));
    say(changesText(changes, threshold));
  }
  const worse = changes !== undefined && failures(changes).length > 0;
  return failed || worse || records.some(({ faults }) => faults.length > 0) ? 1 : 0;
}

/** All that are named; else as many as fit into the time. One that fails keeps none of the others from running. */
async function runAll({ names, options }: Command, say: (line: string) => void): Promise<Ran> {
  const chosen = names.length > 0 ? benchesNamed(names) : BENCHES;
  const begun = performance.now();
  const reported: Reported[] = [];
  const leftOut: string[] = [];
  let failed = false;
  for (const bench of chosen) {
    const minutesGone = (performance.now() - begun) / 60_000;
    if (names.length === 0 && !fits(bench, options.effort, minutesGone)) {
      leftOut.push(`${bench.name}: ${bench.about} (bun run bench ${bench.name})`);
      continue;
    }
    try {
      say(`\n== ${bench.name}: ${bench.about}`);
      const { record, text } = await runBench(bench, options);
      reported.push({ record, text });
      say(`${whereText(record)}\n\n${text}`);
      for (const fault of record.faults) say(`FAULT: ${fault}`);
      if (options.effort !== "full" && bench.leavesOut !== undefined)
        leftOut.push(`of ${bench.name}: ${bench.leavesOut} (bun run bench ${bench.name})`);
    } catch (thrown) {
      const said = thrown instanceof Error ? thrown.message : String(thrown);
      leftOut.push(`${bench.name}: ${said}`);
      console.error(`${bench.name}: ${said}`);
      if (names.length > 0 || !(thrown instanceof Unavailable)) failed = true;
    }
  }
  return { reported, leftOut, failed };
}

function fits({ minutes }: Bench, effort: BenchRecord["effort"], gone: number): boolean {
  if (minutes === undefined) return false;
  return gone + (effort === "quick" ? minutes.quick : minutes.usual) <= MINUTES_MAX;
}

try {
  const command = readCommand(process.argv.slice(2));
  if (command.help) console.log(USAGE);
  else process.exitCode = await main(command);
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 2;
}
process.exit();
