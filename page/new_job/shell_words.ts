/** Commands as somebody can paste them into a shell (POSIX: sh, bash, zsh). */

/** One word, whatever stands in it but a zero byte, which no program can be given. */
export function quoted(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Words with a line for each group of them. */
export const command = (groups: readonly (readonly string[])[]): string =>
  groups.map((words) => words.map(quoted).join(" ")).join(" \\\n  ");

/** A file in the current folder that no program takes for an option, an address or its standard input. */
export const filePath = (name: string): string => (/^[\w][\w. -]*$/.test(name) ? name : `./${name}`);
