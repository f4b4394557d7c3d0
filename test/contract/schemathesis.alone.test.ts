import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PART_TYPE } from "../../shared/api/routes/uploads.ts";
import { inLong, picture, spec } from "../engine/harness.ts";
import { jobFrom } from "../http/edge.ts";
import { linesIn } from "../support/lines.ts";
import { hasPython, schemathesis } from "./schemathesis.ts";

const MAIN = join(import.meta.dir, "..", "..", "embedded", "main.ts");
const inCi = process.env.CI === "true";
const python = hasPython();
const lack = "This machine has no Python 3.10 with venv, by which the API is tested.";
if (!python && !inCi) console.warn(`\n*** SKIPPED: ${lack} ***\n`);

const folder = mkdtempSync(join(tmpdir(), "tessera-schemathesis-"));
let server: Bun.Subprocess<"ignore", "pipe", "pipe">;
let url: string;

beforeAll(async () => {
  const env = {
    ...process.env,
    TESSERA_DIR: join(folder, "data"),
    TESSERA_PORT: "0",
    // What is told to come later is not tested.
    TESSERA_LIMITS_REQUESTS_PER_MINUTE: "0",
    TESSERA_LIMITS_ADDRESS_REQUESTS_PER_MINUTE: "0",
    TESSERA_LIMITS_SIGN_IN_FAILURES_PER_MINUTE: "0",
    // Nothing is asked of anybody else.
    TESSERA_OUTBOUND_ENABLED: "false",
    TESSERA_WEBHOOKS_SECRET: "0123456789abcdef0123456789abcdef",
  };
  server = Bun.spawn([process.execPath, MAIN], { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  for await (const line of linesIn(server.stdout)) {
    const found = /http:\/\/[^\s"]+/.exec(line);
    if (found === null) continue;
    url = found[0];
    break;
  }
});

afterAll(async () => {
  server.kill("SIGTERM");
  await server.exited;
  rmSync(folder, { recursive: true, force: true });
});

/** The first key closes the server, so that who has none is refused from here on. */
async function makeKey(name: string, secret?: string): Promise<{ id: string; secret: string }> {
  const headers = {
    "content-type": "application/json",
    ...(secret && { authorization: `Bearer ${secret}` }),
  };
  const body = JSON.stringify({ name, scopes: ["admin"] });
  const made = await fetch(`${url}/v1/keys`, { method: "POST", headers, body });
  expect(made.status).toBe(201);
  const said = (await made.json()) as { key: { id: string }; secret: string };
  return { id: said.key.id, secret: said.secret };
}

/** Jobs for the requests to be about: some done, one that takes a while. */
async function makeJobs(secret: string): Promise<string[]> {
  const image = readFileSync(await picture(folder, spec(300, 200)));
  const headers = { "content-type": "image/png", authorization: `Bearer ${secret}` };
  const send = async (query: string) =>
    (await jobFrom(await fetch(`${url}/v1/jobs${query}`, { method: "POST", body: image, headers }))).id;
  const queries = ["", "?pipeline=blur", "?format=jpeg&name=a.jpg", "?tile_size=64&pipeline=blur(sigma=20)"];
  return Promise.all(queries.map(send));
}

/** What cannot be had from the document alone. */
const config = (secret: string, jobs: readonly string[], key: string): string => `
hooks = "hooks.py"
warnings.fail-on = ["missing_auth", "rate_limited", "unused_openapi_auth", "dictionary_mismatch"]
max-stream-events = 1
generation.max-examples = ${inLong(8, 200)}
request-timeout = 20

[[operations]]
include-operation-id = "watchEvents"
request-timeout = 1

# From what one request made to what another does with it; most make nothing.
[phases.stateful]
generation = { max-examples = ${inLong(25, 1000)} }

# Schemas cannot say which pipelines there are, which cursors were given out, or which times are still to come.
[checks]
positive_data_acceptance.enabled = false
negative_data_rejection.expected-statuses = ["4xx"]

[auth.openapi.key]
bearer = ${JSON.stringify(secret)}

[dictionaries.jobs]
values = ${JSON.stringify(jobs)}

[dictionaries.keys]
values = [${JSON.stringify(key)}]

[[operations]]
include-path-regex = "^/v1/jobs/[{]id[}]"
parameters = { "path.id" = { dictionary = "jobs" } }

# Headers that a route does not know are nobody's fault; elsewhere they are not even tried.
[[operations]]
include-operation-id = "createUpload"
generation = { allow-extra-parameters = false }

# Its own key it may not revoke.
[[operations]]
include-operation-id = "revokeKey"
parameters = { "path.id" = { dictionary = "keys" } }
phases = { stateful = { enabled = false } }
`;

/** How a type is written that the tool does not know. */
const HOOKS = `
import schemathesis

schemathesis.serializer.alias("${PART_TYPE}", "application/octet-stream")
`;

test.skipIf(!python && !inCi)(
  "Schemathesis finds no 5xx and no answer that is not in the document",
  async () => {
    if (!python) throw new Error(lack);
    const { secret } = await makeKey("tester");
    const jobs = await makeJobs(secret);
    writeFileSync(
      join(folder, "schemathesis.toml"),
      config(secret, jobs, (await makeKey("to revoke", secret)).id),
    );
    writeFileSync(join(folder, "hooks.py"), HOOKS);
    // The same each time when it has to be quick; in a long run it may find something new.
    const seed = inLong(["--seed", "1"], []);
    const run = [
      "run",
      `${url}/openapi.json`,
      "--continue-on-failure",
      "--generation-database",
      "none",
      ...seed,
    ];
    const { status, out } = await schemathesis(run, folder);
    if (status !== 0) console.error(out);
    expect(out).toMatch(/Tested: +\d+/);
    expect(status).toBe(0);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  },
  inLong(500_000, 30 * 60_000),
);
