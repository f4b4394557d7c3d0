/** Runs a program to its end. @returns what it wrote to stdout @throws Error with all its output, if its status is not 0 */
export async function run(command: readonly string[], limitMs: number): Promise<string> {
  const child = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: limitMs,
    killSignal: "SIGKILL",
  });
  const [out, err, status] = await Promise.all([
    Bun.readableStreamToText(child.stdout),
    Bun.readableStreamToText(child.stderr),
    child.exited,
  ]);
  if (status !== 0) throw new Error(`${command[0]} ended with ${status}:\n${out}${err}`);
  return out;
}
