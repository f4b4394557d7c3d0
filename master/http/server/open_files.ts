import { closeSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { devNull } from "node:os";
import { asTesseraError } from "../../../shared/errors.ts";
import { log } from "../../../shared/log.ts";
import { everyBySystem } from "../../clock.ts";

const LOOK_EVERY_MS = 250;
/** Of what the system allows; the rest is for files, and for what comes between two looks. */
const SHARE = 0.75;
/** Half of that rest is set aside, as far as jobs can have a use for it. */
const RESERVED_SHARE = (1 - SHARE) / 2;
const RESERVED_MAX = 64;

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
 * Between two looks more may come than there is room for. So some places are taken from the start, and jobs have them
 * while nobody is let in: a library that could not be read for want of one is never loaded again.
 *
 * @returns how to end it
 */
export function keepFilesFree(max: number, door: Door): () => void {
  const system = allowed();
  const most = Math.min(max, Math.floor(system * SHARE));
  const reserve = new Reserve(Math.min(RESERVED_MAX, Math.floor(system * RESERVED_SHARE)));
  reserve.take();
  let held = false;
  const endLooks = everyBySystem(LOOK_EVERY_MS, () => {
    const open = openFiles() - reserve.size;
    if (!held && open > most) {
      held = true;
      door.hold();
      reserve.give();
      log.warn(
        `${open} files and sockets are open, of at most ${most}: no more connections are taken for now.`,
      );
    } else if (held && open <= most * SHARE) {
      try {
        door.goOn();
      } catch (thrown) {
        log.warn(`Connections are not taken again yet: ${asTesseraError(thrown).message}`);
        return;
      }
      held = false;
      reserve.take();
      log.info("Connections are taken again.");
    }
  });
  return () => {
    endLooks();
    reserve.give();
  };
}

/** Places among the open files that nobody else can take. */
class Reserve {
  private readonly places: number[] = [];

  constructor(private readonly most: number) {}

  get size(): number {
    return this.places.length;
  }

  /** As many as there are, where there are fewer. */
  take(): void {
    try {
      while (this.size < this.most) this.places.push(openSync(devNull, "r"));
    } catch (thrown) {
      log.warn(`${this.size} of ${this.most} files are set aside: ${asTesseraError(thrown).message}`);
    }
  }

  give(): void {
    for (const place of this.places.splice(0)) closeSync(place);
  }
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
