/** No file system, and no program that unpacks, takes more of a name. */
const CHARACTERS_MAX = 120;

/** Of devices, which Windows takes for files of any ending. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Names of files in an archive, which lead nowhere but into the folder that it is unpacked in, on any system: no
 * folders, no control characters or marks that turn the direction of text, nothing that Windows reserves; and no two the
 * same, also where capitals do not count.
 */
export class FileNames {
  private readonly taken = new Set<string>();
  /** The last number that a name was given: thousands of files may be called the same. */
  private readonly last = new Map<string, number>();

  /** @param name as somebody has sent it; its ending is left away. */
  next(name: string, ending: string): string {
    const base = safe(name);
    const family = folded(`${base}.${ending}`);
    for (let i = (this.last.get(family) ?? 0) + 1; ; i++) {
      const found = `${base}${i === 1 ? "" : ` (${i})`}.${ending}`;
      if (this.taken.has(folded(found))) continue;
      this.taken.add(folded(found));
      this.last.set(family, i);
      return found;
    }
  }
}

const folded = (name: string): string => name.normalize("NFKC").toLowerCase();

function safe(name: string): string {
  const last = name.normalize("NFC").toWellFormed().split(/[\\/]/).at(-1)!;
  const base = last
    .replace(/(?<=.)\.[^.]*$/, "")
    .replace(/\p{C}/gu, "")
    .replace(/[<>:"|?*]/g, "_")
    .trim();
  const cut = [...base]
    .slice(0, CHARACTERS_MAX)
    .join("")
    .replace(/^\.+|[. ]+$/g, "");
  return cut === "" ? "image" : RESERVED.test(cut) ? `_${cut}` : cut;
}
