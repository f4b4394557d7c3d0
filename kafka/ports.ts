import { createServer } from "node:net";

/**
 * Below the ports that systems give to outgoing connections (from 32768 on Linux, 49152 elsewhere): a node that is down
 * for a moment must not lose its port to one of them, least of all to a client that knocks at it, for a socket can
 * connect to itself.
 */
const FIRST = 15_000;
const LAST = 32_000;
const TRIES_MAX = 1000;

/** Ports of 127.0.0.1 that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let i = 0; found.size < count; i++) {
    if (i === TRIES_MAX) throw new Error("No port is free.");
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

/** Whether somebody could listen there. */
export function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer().once("error", () => resolve(false));
  server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  return promise;
}
