import { readPem } from "./files.ts";
import { DEFAULT, Mistakes, type Origin } from "./mistakes.ts";
import { RULES } from "./rules.ts";
import { SETTINGS, type Setting, shown, valueIn } from "./setting.ts";
import { type Environment, fromEnvironment, fromFile, type Given } from "./sources.ts";
import { type Settings, withDefaults } from "./table.ts";
import { checked } from "./value.ts";

interface Loaded {
  readonly settings: Settings;
  readonly origins: ReadonlyMap<string, Origin>;
}

/**
 * The settings: defaults, the file that TESSERA_CONFIG names, and above both the variables.
 *
 * @throws config_invalid with everything that is wrong
 */
export const loadSettings = (environment: Environment = process.env): Settings => load(environment).settings;

/** One setting as it is in force, to be looked at; what a secret is cannot be seen here. */
export interface Effective {
  readonly setting: Setting;
  /** Undefined if it is not set, or a secret. */
  readonly value: unknown;
  /** The value in words. */
  readonly text: string;
  readonly origin: Origin;
}

/** Every setting, in the order of the table. @throws config_invalid with everything that is wrong */
export function effectiveSettings(environment: Environment = process.env): Effective[] {
  const { settings, origins } = load(environment);
  return SETTINGS.map((setting) => {
    const value = valueIn(settings, setting);
    const origin = origins.get(setting.name) ?? DEFAULT;
    if (value === undefined) return { setting, value, text: "", origin };
    if (setting.secret) return { setting, value: undefined, text: "(hidden)", origin };
    return { setting, value, text: shown(setting, value), origin };
  });
}

function load(environment: Environment): Loaded {
  const mistakes = new Mistakes();
  const variables = fromEnvironment(environment, mistakes);
  const file = variables.find(({ setting }) => setting.name === "config");
  const lines = file === undefined ? [] : fromFile(String(file.value), file.origin, mistakes);
  const origins = new Map<string, Origin>();
  const values: Record<string, unknown> = {};
  for (const given of [...lines, ...variables]) {
    const { name } = given.setting;
    const result = checked(given);
    if (!result.ok) mistakes.add(name, given.origin, result.why);
    else {
      put(values, given, result.value);
      origins.set(name, given.origin);
    }
  }
  const settings = withDefaults(values);
  if (!origins.has("kafka.tls"))
    settings.kafka.tls = settings.kafka.ca !== undefined || settings.kafka.cert !== undefined;
  checkRules(settings, origins, mistakes);
  checkFiles(settings, origins, mistakes);
  mistakes.throwIfAny();
  return { settings, origins };
}

function put(values: Record<string, unknown>, { setting }: Given, value: unknown): void {
  const { name, group } = setting;
  if (group === undefined) values[name] = value;
  else {
    values[group.name] ??= {};
    (values[group.name] as Record<string, unknown>)[name.slice(group.name.length + 1)] = value;
  }
}

function checkRules(settings: Settings, origins: Loaded["origins"], mistakes: Mistakes): void {
  for (const { name, uses, broken } of RULES) {
    if ([name, ...uses].some((other) => mistakes.has(other))) continue;
    const what = broken(settings);
    if (what !== undefined) mistakes.add(name, origins.get(name) ?? DEFAULT, what);
  }
}

/**
 * So that a path that is wrong is told at the start, and with everything else. The path is not shown: whoever mistook
 * it for the contents has written a private key there.
 */
function checkFiles(settings: Settings, origins: Loaded["origins"], mistakes: Mistakes): void {
  for (const setting of SETTINGS.filter(({ pem }) => pem)) {
    const path = valueIn(settings, setting);
    const read = typeof path === "string" ? readPem(path) : undefined;
    if (read?.ok === false)
      mistakes.add(setting.name, origins.get(setting.name) ?? DEFAULT, `the file that it names ${read.why}`);
  }
}
