import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Settings } from "../../shared/config/table.ts";
import { formatBytes } from "../terminal.ts";
import { type Finding, ok, warning, wrong } from "./finding.ts";

/** Room for a few large images beside what is to stay free: source, canvases and result lie there at once. */
const ROOM_BYTES = 10e9;

/** The folder in which a master keeps its jobs. Nothing is created. */
export function checkFolder({ dir, limits }: Pick<Settings, "dir" | "limits">): Finding[] {
  const folder = resolve(dir);
  const there = nearest(folder);
  if (!statSync(there).isDirectory())
    return [wrong("folder.jobs", `${there} is a file.`, "Name another folder: dir (TESSERA_DIR).")];
  try {
    accessSync(there, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    const advice = "Give this user the right to, or name another folder: dir (TESSERA_DIR).";
    return [wrong("folder.jobs", `${there} cannot be written to.`, advice)];
  }
  const found = there === folder ? `${folder} can be written to.` : `${folder} will be made in ${there}.`;
  return [ok("folder.jobs", found), room(there, limits.free_bytes)];
}

/** The folder, or that of its parents which is there. */
function nearest(path: string): string {
  return existsSync(path) ? path : nearest(dirname(path));
}

function room(folder: string, keptFree: number): Finding {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const found = `${formatBytes(free)} are free on its disk, of which ${formatBytes(keptFree)} stay so.`;
  const advice = "Free some space, or name a folder on another disk: dir (TESSERA_DIR).";
  if (free <= keptFree) return wrong("folder.disk", `${found} No job is taken in.`, advice);
  if (free < keptFree + ROOM_BYTES) return warning("folder.disk", found, advice);
  return ok("folder.disk", found);
}
