/**
 * Asks a Tessera on this machine whether it is well: `bun deploy/health.ts [master|embedded|worker] [ready]`. Without a
 * role, as in a container in which only one of them runs, any of them will do. With `ready` a master or an embedded one is
 * asked whether it would take jobs in now. The exit code is 0 if it is well and 1 if not.
 */
const TIMEOUT_MS = 5000;

const LOOPBACK = "127.0.0.1";
/** Addresses that stand for all of this machine's. */
const ALL = ["0.0.0.0", "::"];

const {
  TESSERA_HOST = LOOPBACK,
  TESSERA_PORT = "8080",
  TESSERA_TLS_CERT = "",
  TESSERA_WORKER_HEALTH_PORT = "0",
} = process.env;

const host = ALL.includes(TESSERA_HOST) ? LOOPBACK : TESSERA_HOST;
const served = {
  scheme: TESSERA_TLS_CERT === "" ? "http" : "https",
  host: host.includes(":") ? `[${host}]` : host,
  port: TESSERA_PORT,
};
const worker = { scheme: "http", host: LOOPBACK, port: TESSERA_WORKER_HEALTH_PORT };
const ROLES = new Map([
  ["master", [served]],
  ["embedded", [served]],
  ["worker", [worker]],
]);

const [role, what] = process.argv.slice(2);
const asked = role === undefined ? [served, worker] : ROLES.get(role);
if (asked === undefined) {
  console.error(`There is no role '${role}'. Roles: ${[...ROLES.keys()].join(", ")}.`);
  process.exit(2);
}
if (what !== undefined && (what !== "ready" || role === "worker")) {
  console.error(`A ${role} cannot be asked '${what}'.`);
  process.exit(2);
}
const path = what === "ready" ? "readyz" : "healthz";
const listening = asked.filter(({ port }) => port !== "0");
const faults = await Promise.all(
  listening.map(({ scheme, host, port }) => faultOf(`${scheme}://${host}:${port}/${path}`)),
);
if (!faults.includes(undefined)) {
  console.error(faults.join("\n") || "TESSERA_WORKER_HEALTH_PORT is not set: there is nobody to ask.");
  process.exit(1);
}

/** What is wrong at an address; undefined if nothing is. */
async function faultOf(url: string): Promise<string | undefined> {
  try {
    // The certificate is for the name that others know this machine by.
    const tls = { rejectUnauthorized: false };
    const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), tls });
    return ok ? undefined : `${url} answered ${status}.`;
  } catch (thrown) {
    return `${url} does not answer: ${thrown instanceof Error ? thrown.message : thrown}`;
  }
}

export {};
