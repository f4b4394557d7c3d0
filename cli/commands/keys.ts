import { type Command, InvalidArgumentError } from "commander";
import type { KeyView } from "../../shared/api/key.ts";
import { SCOPES, type Scope } from "../../shared/api/scopes.ts";
import { UsageError } from "../failure.ts";
import { type Keys, type KeysOptions, type MadeKey, openKeys } from "../keys.ts";
import { address } from "../remote.ts";
import { columns } from "../table.ts";
import { paint, printJson } from "../terminal.ts";

const EXAMPLES = `
Examples:
  $ tessera keys create --name ann --scope admin
  $ KEY=$(tessera keys create --name camera --scope submit,read --expires 90d)
  $ tessera keys
  $ tessera keys revoke 5f0c9a526a0f4c57
  $ tessera keys list --master https://tessera.example.com

Scopes: submit (send images), read (see jobs and results), operate (cancel, pause, retry, delete), admin (all of it, of
everyone, and the keys). As soon as there is a first key, everybody needs one.

It writes into the master's folder on this machine. A master that runs takes notice at once. With --master the master
at that address is asked to.`;

const MINUTE_MS = 60_000;
const UNITS_MS: Readonly<Record<string, number>> = {
  m: MINUTE_MS,
  h: 60 * MINUTE_MS,
  d: 24 * 60 * MINUTE_MS,
};

interface Options extends KeysOptions {
  readonly json?: boolean;
}

interface CreateOptions extends Options {
  readonly name: string;
  readonly owner?: string;
  readonly scope: readonly Scope[];
  /** Milliseconds from now. */
  readonly expires?: number;
}

export function addKeys(program: Command): void {
  const keys = program
    .command("keys")
    .summary("make, list and revoke API keys")
    .description("Makes, lists and revokes the keys that a master on this machine asks for.")
    .addHelpText("after", EXAMPLES);
  const subcommand = (name: string, description: string, isDefault = false) =>
    keys
      .command(name, { isDefault })
      .description(description)
      .option("--dir <folder>", "the master's folder (default: that of the settings)")
      .option("--master <url>", "a master elsewhere; it takes a key with the scope admin", address);
  subcommand("list", "The keys, the newest first.", true)
    .option("--json", "an array of objects")
    .action(list);
  subcommand("create", "Makes a key and prints it. It cannot be shown again.")
    .requiredOption("--name <name>", "what it is called, for people")
    .requiredOption("--scope <scopes>", `what it may be used for: ${SCOPES.join(", ")}`, scopesOf)
    .option("--owner <owner>", "whose jobs are sent and seen with it (default: its name)")
    .option("--expires <time>", "after how long, like 12h or 90d (default: never)", duration)
    .option("--json", "an object with the key and its secret")
    .action(create);
  subcommand("revoke", "Revokes a key, and ends the sessions that were begun with it.")
    .argument("<id>", "id of the key; it stands in the key itself too")
    .option("--json", "an object")
    .action(revoke);
}

async function create({ name, owner, scope, expires, json, ...where }: CreateOptions): Promise<void> {
  const request = { name, scopes: [...scope], ...(owner !== undefined && { owner }) };
  await checkRequest(request);
  await withKeys(where, false, async (keys) => {
    const made = await keys.create({ ...request, ...(expires && { expiresMs: Date.now() + expires }) });
    const { key, secret } = made;
    if (json) printJson({ key, secret });
    else {
      process.stdout.write(`${secret}\n`);
      process.stderr.write(`${aboutNew(made, keys)}\n`);
    }
  });
}

const list = ({ json, ...where }: Options): Promise<void> =>
  withKeys(where, true, async (keys) => {
    const views = await keys.list();
    if (json) printJson(views);
    else process.stdout.write(views.length === 0 ? "There are no keys.\n" : `${asText(views)}\n`);
  });

const revoke = (id: string, { json, ...where }: Options): Promise<void> =>
  withKeys(where, true, async (keys) => {
    const key = await keys.revoke(id);
    if (json) printJson(key);
    else process.stdout.write(`Revoked ${key.id} (${key.name}).\n`);
  });

async function withKeys(
  where: KeysOptions,
  mustExist: boolean,
  use: (keys: Keys) => Promise<void>,
): Promise<void> {
  if (where.dir !== undefined && where.master !== undefined)
    throw new UsageError("--dir is on this machine, --master elsewhere. Leave one out.");
  const keys = await openKeys(where, mustExist);
  try {
    await use(keys);
  } finally {
    keys.close();
  }
}

/** @throws UsageError */
async function checkRequest(request: Pick<CreateOptions, "name" | "owner">): Promise<void> {
  const { Value } = await import("@sinclair/typebox/value");
  const { NewKeySchema } = await import("../../shared/api/key.ts");
  const fault = Value.Errors(NewKeySchema, request).First();
  if (fault !== undefined)
    throw new UsageError(`--${fault.path.slice(1)}: expected 1 to 100 characters that can be printed.`);
}

function aboutNew({ key: { id, scopes, expires_at }, isFirst }: MadeKey, { of }: Keys): string {
  const until = expires_at === undefined ? "until it is revoked" : `until ${shortTime(expires_at)}`;
  return [
    `Key ${id} (${scopes.join(", ")}), ${until}, for ${of}. It is not shown again.`,
    ...(isFirst ? ["It is the first one: from now on everybody needs a key."] : []),
  ].join("\n");
}

function asText(keys: readonly KeyView[]): string {
  const rows = keys.map(({ id, name, owner, scopes, ...times }) => [
    ...[id, name, owner, scopes.join(",")],
    shortTime(times.created_at),
    shortTime(times.last_used_at),
    times.revoked_at === undefined ? shortTime(times.expires_at) : "revoked",
  ]);
  const [head, ...lines] = columns(
    ["ID", "NAME", "OWNER", "SCOPES", "CREATED (UTC)", "LAST USED", "EXPIRES"],
    rows,
  );
  return [paint(process.stdout, "dim", head!), ...lines].join("\n");
}

const shortTime = (time: string | undefined): string =>
  time === undefined ? "never" : time.replace("T", " ").slice(0, 16);

function scopesOf(text: string): Scope[] {
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  const known = names.filter((name) => (SCOPES as readonly string[]).includes(name));
  if (known.length < names.length)
    throw new InvalidArgumentError(`Expected some of ${SCOPES.join(", ")}, with commas between them.`);
  return known as Scope[];
}

function duration(text: string): number {
  const [, count = "", unit = ""] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? [];
  if (count === "") throw new InvalidArgumentError("Expected a time like 30m, 12h or 90d.");
  return Number(count) * UNITS_MS[unit]!;
}
