export type Parsed =
  | { readonly ok: true; readonly table: Record<string, unknown> }
  /** `why` completes "PATH …". */
  | { readonly ok: false; readonly why: string };

/** Bun's parser tells what is wrong but not where, and quotes what it found, which may be a secret. */
export function parseToml(text: string): Parsed {
  try {
    return { ok: true, table: Bun.TOML.parse(text) as Record<string, unknown> };
  } catch (error) {
    const said = error instanceof Error ? error.message : "";
    const what = said.replace(/^TOML Parse error: /, "").replace(/:? ?["'`].*$/s, "");
    return { ok: false, why: `is not valid TOML, at line ${lineOf(text)}: ${what}.` };
  }
}

/** Where the trouble begins: behind the longest run of lines from the top that is valid. */
function lineOf(text: string): number {
  const lines = text.split("\n");
  for (let count = lines.length - 1; count > 0; count--)
    if (isValid(lines.slice(0, count).join("\n"))) return count + 1;
  return 1;
}

function isValid(text: string): boolean {
  try {
    Bun.TOML.parse(text);
    return true;
  } catch {
    return false;
  }
}
