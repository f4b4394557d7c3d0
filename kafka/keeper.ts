/**
 * Reads the processes that are alive, a line at each change; at its input's end it sends them a signal and, when they
 * are gone, removes the folder. A shell behind a shell: a test runner may have asked the system to end its children with
 * it, which their own children are spared.
 */
const SCRIPT = `exec 3<&0
{
  trap '' INT TERM HUP
  while read -r line; do alive=$line; done
  [ -z "$alive" ] || kill -$1 $alive
  tries=0
  while [ $tries -lt 50 ] && kill -0 $alive 2>/dev/null; do sleep 0.1; tries=$((tries + 1)); done
  [ -z "$2" ] || rm -rf "$2"
} <&3 &
wait`;

/**
 * Sees to it that no node outlives this process, nor its folder, in whatever way this process ends: a shell that does
 * nothing until then.
 */
export class Keeper {
  private readonly alive = new Set<number>();
  private readonly shell: ReturnType<typeof spawnShell>;

  /** @param folder goes with the processes; without one, data stays somewhere, so that they are ended in good order */
  constructor(folder?: string) {
    this.shell = spawnShell(folder === undefined ? ["TERM"] : ["KILL", folder]);
  }

  keep(pid: number): void {
    this.alive.add(pid);
    this.tell();
  }

  /** It has ended: its number may be somebody else's soon. */
  forget(pid: number): void {
    this.alive.delete(pid);
    this.tell();
  }

  /** Ends what is alive, and removes the folder. */
  async end(): Promise<void> {
    await this.shell.stdin.end();
    await this.shell.exited;
  }

  private tell(): void {
    this.shell.stdin.write(`${[...this.alive].join(" ")}\n`);
    void this.shell.stdin.flush();
  }
}

const spawnShell = (args: readonly string[]) =>
  Bun.spawn(["sh", "-c", SCRIPT, "kafka", ...args], { stdin: "pipe", stdout: "ignore", stderr: "ignore" });
