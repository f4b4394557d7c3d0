import { readFileSync } from "node:fs";

/**
 * The most memory that this process has had at once, in bytes. Where the system has it, of this program alone: what
 * `getrusage` says of a process begins with the peak of whoever started it.
 */
export function peakRssBytes(): number {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    if (kib !== undefined) return Number(kib) * 1024;
  } catch {
    // not Linux
  }
  return process.resourceUsage().maxRSS * 1024;
}
