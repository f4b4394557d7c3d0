import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { KeyView } from "../shared/api/key.ts";
import type { Scope } from "../shared/api/scopes.ts";
import { TesseraError } from "../shared/errors.ts";
import { connect } from "./remote.ts";

export interface NewKey {
  readonly name: string;
  readonly owner?: string;
  readonly scopes: Scope[];
  readonly expiresMs?: number;
}

export interface MadeKey {
  readonly key: KeyView;
  readonly secret: string;
  /** Whether it is the one that closes the master to strangers. */
  readonly isFirst: boolean;
}

/** The keys that a master asks for. */
export interface Keys {
  /** Whose they are, in words. */
  readonly of: string;
  create(key: NewKey): Promise<MadeKey>;
  list(): Promise<readonly KeyView[]>;
  revoke(id: string): Promise<KeyView>;
  close(): void;
}

export interface KeysOptions {
  /** The master's folder on this machine; the one of the settings if left out. */
  readonly dir?: string;
  /** A master's address instead. */
  readonly master?: string;
}

/** @throws file_not_found if the folder must be there and is not */
export const openKeys = ({ dir, master }: KeysOptions, mustExist: boolean): Promise<Keys> =>
  master === undefined ? inFolder(dir, mustExist) : onMaster(master);

async function inFolder(dir: string | undefined, mustExist: boolean): Promise<Keys> {
  const { Access } = await import("../master/access/access.ts");
  const { keyView } = await import("../master/access/keys.ts");
  const folder = resolve(dir ?? (await settingsDir()));
  if (mustExist && !existsSync(folder)) throw new TesseraError("file_not_found", `There is no ${folder}.`);
  const access = new Access({ dir: folder });
  const { keys } = access;
  return {
    of: `the master in ${folder}`,
    async create(wanted) {
      const isFirst = !keys.any();
      const { key, secret } = keys.create(wanted);
      return { key: keyView(key), secret, isFirst };
    },
    list: async () => keys.list().map(keyView),
    revoke: async (id) => keyView(keys.revoke(id)),
    close: () => access.close(),
  };
}

async function onMaster(master: string): Promise<Keys> {
  const client = await connect({ master });
  return {
    of: client.url,
    async create({ expiresMs, ...wanted }) {
      const isFirst = (await client.getSession()).by === "nothing";
      const expires = expiresMs === undefined ? {} : { expires_at: new Date(expiresMs).toISOString() };
      return { ...(await client.createKey({ body: { ...wanted, ...expires } })), isFirst };
    },
    list: async () => (await client.listKeys()).keys,
    revoke: (id) => client.revokeKey({ id }),
    close() {},
  };
}

async function settingsDir(): Promise<string> {
  const { loadSettings } = await import("../shared/config/load.ts");
  return loadSettings().dir;
}
