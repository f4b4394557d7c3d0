import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import manifest from "../../package.json" with { type: "json" };
import type { Settings } from "../../shared/config/table.ts";
import { formatBytes } from "../terminal.ts";
import { type Finding, ok, skipped, warning } from "./finding.ts";

const GIB = 2 ** 30;
/** Each thread has wasm memory, stacks and tiles of its own; the rest is the master's. */
const BASE_BYTES = GIB / 2;
const THREAD_BYTES = GIB / 8;
/** A canvas, an upload and a socket each take one; a few hundred are used by a quiet master. */
const FILES_MIN = 4096;
const FILES_ADVISED = 65_536;

/** The process and the machine that it runs on. */
export function checkMachine({ threads }: Pick<Settings, "threads">): Finding[] {
  return [runtime(), cores(threads), memory(threads), openFiles()];
}

function runtime(): Finding {
  const { bun } = manifest.dependencies;
  return Bun.version === bun
    ? ok("machine.bun", `Bun ${Bun.version}, which Tessera is tested with.`)
    : warning(
        "machine.bun",
        `Bun ${Bun.version}; Tessera is tested with ${bun}.`,
        `Run the scripts of package.json, which take the Bun under node_modules, or install Bun ${bun}.`,
      );
}

function cores(threads: number): Finding {
  const cores = availableParallelism();
  return threads > cores
    ? warning(
        "machine.threads",
        `${threads} threads are to compute tiles on ${cores} cores, and will take turns.`,
        "Set threads (TESSERA_THREADS) to the number of cores, or leave it out.",
      )
    : ok("machine.threads", `${threads} threads compute tiles on ${cores} cores.`);
}

function memory(threads: number): Finding {
  const limit = process.constrainedMemory();
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  const wanted = BASE_BYTES + threads * THREAD_BYTES;
  const found = `${formatBytes(bytes)} of memory may be used`;
  return bytes < wanted
    ? warning(
        "machine.memory",
        `${found}, and ${threads} threads want about ${formatBytes(wanted)}.`,
        "Allow more memory, or set threads (TESSERA_THREADS) lower.",
      )
    : ok("machine.memory", `${found}.`);
}

function openFiles(): Finding {
  const soft = openFilesMax();
  if (soft === undefined) return skipped("machine.files", "Only Linux tells how many files may be open.");
  return soft < FILES_MIN
    ? warning(
        "machine.files",
        `${soft} files and sockets may be open at once.`,
        `Allow ${FILES_ADVISED}: ulimit -n ${FILES_ADVISED}, or LimitNOFILE=${FILES_ADVISED} for systemd.`,
      )
    : ok("machine.files", `${soft} files and sockets may be open at once.`);
}

function openFilesMax(): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return soft === "unlimited" ? Number.POSITIVE_INFINITY : soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined; // not Linux
  }
}
