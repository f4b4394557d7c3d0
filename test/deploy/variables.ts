import { SETTINGS } from "../../shared/config/setting.ts";

/** Every variable that a deployment may set. Tessera refuses to start with one that it does not know. */
const VARIABLES: ReadonlySet<string> = new Set(
  SETTINGS.flatMap(({ variable, secret }) => (secret ? [variable, `${variable}_FILE`] : [variable])),
);

/** Names that look like settings of Tessera and are none. */
export const unknownIn = (names: Iterable<string>): string[] =>
  [...names].filter((name) => name.startsWith("TESSERA_") && !VARIABLES.has(name));

/** Where the programs are that every deployment starts. */
export const PROGRAMS = ["embedded/main.ts", "master/main.ts", "worker/main.ts", "cli/tessera.ts"];
