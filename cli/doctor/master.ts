import type { Client } from "../../client/client.ts";
import manifest from "../../package.json" with { type: "json" };
import { asTesseraError, type ErrorCode } from "../../shared/errors.ts";
import { type Finding, ok, skipped, warning, wrong } from "./finding.ts";

/** Beyond this, what expires and what is signed with a time goes wrong. */
const SKEW_MS_MAX = 5000;
/** A date in a header has whole seconds. */
const DATE_STEP_MS = 1000;

export interface Asked {
  readonly client: Client;
  readonly hasKey: boolean;
  /** Whether somebody has said where the master is. */
  readonly chosen: boolean;
}

/** The master that commands are sent to: there, of our version, and willing. */
export async function checkMaster(asked: Asked): Promise<Finding[]> {
  const { client, chosen } = asked;
  try {
    await client.isAlive({}, ASK);
  } catch (thrown) {
    const { code, message } = asTesseraError(thrown);
    const found = `${message} (${code})`;
    if (!chosen)
      return [
        warning("master.reach", found, "If there is to be one here: bun start. Elsewhere: --master URL."),
      ];
    const advice = "Check the address (--master, client.master), that it runs there, and what lies between.";
    return [wrong("master.reach", found, advice)];
  }
  const who = await checkAccess(asked);
  const allowed = who.every(({ state }) => state !== "wrong");
  return [
    ok("master.reach", `${client.url} answers.`),
    await checkReady(client),
    await guarded("master.version", () => checkVersion(client)),
    await guarded("master.clock", () => checkClock(client)),
    ...who,
    allowed
      ? await guarded("master.workers", () => checkWorkers(client))
      : skipped("master.workers", "They are shown to those who may see them."),
  ];
}

/** Nobody waits long for a doctor. */
const ASK = { retries: 0, timeoutMs: 10_000 } as const;

/** What cannot be asked is a finding, too. */
async function guarded(check: string, look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (thrown) {
    const { code, message } = asTesseraError(thrown);
    if (code === "internal") throw thrown;
    return warning(check, `${message} (${code})`, "Ask again; see the master's log if it stays so.");
  }
}

/** Who is missing is told beside it. */
async function checkReady(client: Client): Promise<Finding> {
  try {
    await client.isReady({}, ASK);
    return ok("master.ready", "It takes jobs in.");
  } catch (thrown) {
    const { code, message } = asTesseraError(thrown);
    const advice = "It says why: make room on its disk, or see to its Kafka; its log tells more.";
    return wrong("master.ready", `${message} (${code})`, advice);
  }
}

async function checkVersion(client: Client): Promise<Finding> {
  const document = await client.getOpenApi({}, ASK);
  const { version } = document!.info;
  return version === manifest.version
    ? ok("master.version", `It is of our version, ${version}.`)
    : warning(
        "master.version",
        `It is of version ${version}, and this is ${manifest.version}.`,
        "Use the same version here and there.",
      );
}

async function checkClock({ url }: Client): Promise<Finding> {
  const beforeMs = Date.now();
  const { headers } = await fetch(new URL("healthz", url), { signal: AbortSignal.timeout(ASK.timeoutMs) });
  const afterMs = Date.now();
  const atMs = Date.parse(headers.get("date") ?? "");
  if (Number.isNaN(atMs)) return skipped("master.clock", "It does not say what time it is.");
  const ahead = atMs - afterMs;
  const behind = beforeMs - (atMs + DATE_STEP_MS);
  const skewMs = Math.max(ahead, behind, 0);
  if (skewMs <= SKEW_MS_MAX) return ok("master.clock", "Its clock goes as ours.");
  const which = ahead > 0 ? "ahead of" : "behind";
  const found = `Its clock is ${Math.round(skewMs / 1000)} s ${which} ours.`;
  return warning("master.clock", found, "Set both clocks by NTP: what expires goes by them.");
}

const NEEDED = ["submit", "read", "operate"] as const;

async function checkAccess({ client, hasKey }: Asked): Promise<Finding[]> {
  const plain = hasKey && isPlain(client.url);
  const findings = plain
    ? [warning("master.tls", "The key goes there in the clear.", "Use an address that begins with https://.")]
    : [];
  try {
    const { name, scopes, by } = await client.getSession({}, ASK);
    const may = scopes.includes("admin") ? "everything" : scopes.join(", ") || "nothing";
    const found = `It knows us as ${name}, who may ${may}.`;
    const missing = scopes.includes("admin") ? [] : NEEDED.filter((scope) => !scopes.includes(scope));
    if (by === "nothing" && hasKey)
      return [...findings, warning("master.key", `${found} It asks for no key.`, "The key can be left out.")];
    if (missing.length === 0) return [...findings, ok("master.key", found)];
    const advice = `For commands that need ${missing.join(", ")}, use another key.`;
    return [...findings, warning("master.key", found, advice)];
  } catch (thrown) {
    const { code, message } = asTesseraError(thrown);
    return [...findings, wrong("master.key", `${message} (${code})`, keyAdvice(code, hasKey))];
  }
}

function keyAdvice(code: ErrorCode, hasKey: boolean): string {
  if (code !== "unauthorized") return "Ask again; see the master's log if it stays so.";
  return hasKey
    ? "The key is mistyped, revoked or expired: tessera keys list, on the master's machine."
    : "Set client.key (TESSERA_CLIENT_KEY, or TESSERA_CLIENT_KEY_FILE). tessera keys create makes one.";
}

function isPlain(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === "http:" && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

async function checkWorkers(client: Client): Promise<Finding> {
  const { workers } = await client.listWorkers({}, ASK);
  const live = workers.filter(({ state }) => state === "live");
  const strange = workers.filter(({ state }) => state === "incompatible");
  if (strange.length > 0) {
    const names = strange.map(({ name, version }) => `${name} (${version})`).join(", ");
    const advice = `Use version ${manifest.version} on them too.`;
    return warning(
      "master.workers",
      `They get no tiles, since they would give other pixels: ${names}.`,
      advice,
    );
  }
  if (live.length === 0)
    return wrong("master.workers", "No worker is live; jobs wait.", "Start one: bun run worker.");
  const threads = live.reduce((sum, worker) => sum + worker.threads, 0);
  return ok("master.workers", `${live.length} live, with ${threads} threads.`);
}
