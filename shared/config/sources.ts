import { nearest } from "../pipeline/nearest.ts";
import { readText } from "./files.ts";
import { DEFAULT, type Mistakes, type Origin } from "./mistakes.ts";
import { SETTINGS, type Setting, VARIABLE_PREFIX } from "./setting.ts";
import { parseToml } from "./toml.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What one source says of a setting. */
export interface Given {
  readonly setting: Setting;
  readonly value: unknown;
  readonly origin: Origin;
}

/** How a source may name a setting. A secret may stand in a file of its own, as container platforms hand it over. */
interface Key {
  readonly setting: Setting;
  readonly name: string;
  readonly variable: string;
  readonly byFile: boolean;
}

const KEYS: readonly Key[] = SETTINGS.flatMap((setting) => {
  const { name, variable, secret } = setting;
  const own = { setting, name, variable, byFile: false };
  return secret
    ? [own, { setting, name: `${name}_file`, variable: `${variable}_FILE`, byFile: true }]
    : [own];
});
const BY_VARIABLE = new Map(KEYS.map((key) => [key.variable, key]));
const BY_NAME = new Map(KEYS.flatMap((key) => (key.setting.variableOnly ? [] : [[key.name, key]])));

/** The settings in variables. An empty one is as good as none: compose files write so what is not set. */
export function fromEnvironment(environment: Environment, mistakes: Mistakes): Given[] {
  const source = new Source(mistakes);
  for (const variable of Object.keys(environment).sort()) {
    const value = environment[variable];
    if (!variable.startsWith(VARIABLE_PREFIX) || value === undefined || value === "") continue;
    const key = BY_VARIABLE.get(variable);
    if (key === undefined) mistakes.add(variable, DEFAULT, noSuchVariable(variable));
    else source.take(key, value, { kind: "environment", where: variable });
  }
  return [...source.given.values()];
}

/** The settings in a TOML file, whose path came from `origin`. */
export function fromFile(path: string, origin: Origin, mistakes: Mistakes): Given[] {
  const read = readText(path);
  const parsed = read.ok ? parseToml(read.text) : read;
  if (!parsed.ok) {
    mistakes.add("config", origin, `${path} ${parsed.why}`);
    return [];
  }
  const source = new Source(mistakes);
  const where = { kind: "file", where: path } as const;
  for (const [name, value] of Object.entries(parsed.table).flatMap(unfold)) {
    const key = BY_NAME.get(name);
    if (key === undefined) mistakes.add(name, where, noSuch(nearest(name, [...BY_NAME.keys()])[0]));
    else source.take(key, value, where);
  }
  return [...source.given.values()];
}

const GROUPS = new Set(SETTINGS.flatMap(({ group }) => group?.name ?? []));

/** The entries of a group's table under their full names. */
const unfold = ([key, value]: [string, unknown]): [string, unknown][] =>
  GROUPS.has(key) && typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).map(([inner, own]) => [`${key}.${inner}`, own])
    : [[key, value]];

class Source {
  readonly given = new Map<string, Given>();

  constructor(private readonly mistakes: Mistakes) {}

  take({ setting, byFile }: Key, value: unknown, origin: Origin): void {
    const { name } = setting;
    if (this.given.has(name)) {
      this.mistakes.add(name, origin, "it is given twice, by itself and by file. Leave one out.");
      return;
    }
    if (!byFile) {
      this.given.set(name, { setting, value, origin });
      return;
    }
    const read = readText(String(value));
    if (read.ok) this.given.set(name, { setting, value: read.text.replace(/\r?\n$/, ""), origin });
    // without the path: somebody may have put the secret there
    else this.mistakes.add(name, origin, `the file that it names ${read.why}`);
  }
}

function noSuchVariable(variable: string): string {
  const plain = (name: string) => name.slice(VARIABLE_PREFIX.length).toLowerCase();
  const [close] = nearest(plain(variable), [...BY_VARIABLE.keys()].map(plain));
  return noSuch(close && `${VARIABLE_PREFIX}${close.toUpperCase()}`);
}

const noSuch = (close: string | undefined): string =>
  `there is no such setting.${close === undefined ? "" : ` Did you mean ${close}?`}`;
