import { readdirSync, readFileSync, statSync } from "node:fs";
import { asTesseraError } from "../../../shared/errors.ts";
import { log } from "../../../shared/log.ts";
import { everyBySystem } from "../../clock.ts";

const LOOK_EVERY_MS = 500;
/** Of what the system allows; the rest is for files, and for what comes between two looks. */
const SHARE = 0.75;

/** What lets connections in. */
interface Door {
  hold(): void;
  /** @throws config_invalid if that does not go for the moment */
  goOn(): void;
}

/**
 * Bun takes whatever connects, until the process may open nothing more: neither a socket nor a file of a job. So nobody
 * is let in shortly before that, until there are fewer again: Bun itself ends connections that bring no request, those
 * with one have bounds of their own. Where the system does not say how many files are open, nothing is done.
 *
 * @returns how to end it
 */
export function keepFilesFree(max: number, door: Door): () => void {
  const most = Math.min(max, Math.floor(allowed() * SHARE));
  let held = false;
  return everyBySystem(LOOK_EVERY_MS, () => {
    const open = openFiles();
    if (!held && open > most) {
      held = true;
      log.warn(
        `${open} files and sockets are open, of at most ${most}: no more connections are taken for now.`,
      );
      door.hold();
    } else if (held && open <= most * SHARE) {
      try {
        door.goOn();
      } catch (thrown) {
        log.warn(`Connections are not taken again yet: ${asTesseraError(thrown).message}`);
        return;
      }
      held = false;
      log.info("Connections are taken again.");
    }
  });
}

/** Files and sockets that this process has open. */
function openFiles(): number {
  try {
    // It takes no file to ask; only since Linux 6.2 it is said.
    return statSync("/proc/self/fd").size || readdirSync("/proc/self/fd").length;
  } catch (thrown) {
    return (thrown as { code?: unknown }).code === "EMFILE" ? Number.POSITIVE_INFINITY : 0;
  }
}

/** As many as it may have. */
function allowed(): number {
  try {
    const [, most] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return most === undefined ? Number.POSITIVE_INFINITY : Number(most);
  } catch {
    return Number.POSITIVE_INFINITY; // not Linux
  }
}
