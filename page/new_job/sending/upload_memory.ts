/** Which uploads this browser has begun, so that a file that is chosen again goes on from where it stood. */
import { UPLOADS_KEPT_AS } from "../../shell/kept.ts";

interface Begun {
  /** What tells the file from others. */
  readonly file: string;
  readonly id: string;
  readonly expiresAt: string;
}

/** The server keeps as many files for nothing. */
const KEPT_MAX = 20;

/** A page is not told where a file lies. */
export const identityOf = ({ name, size, lastModified }: File): string => `${size} ${lastModified} ${name}`;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // somebody else wrote there
  }
}

function isBegun(value: unknown): value is Begun {
  if (typeof value !== "object" || value === null) return false;
  const { file, id, expiresAt } = value as Record<string, unknown>;
  return [file, id, expiresAt].every((each) => typeof each === "string");
}

export class UploadMemory {
  constructor(private readonly storage: Pick<Storage, "getItem" | "setItem">) {}

  idOf(file: File): string | undefined {
    return this.read().find((begun) => begun.file === identityOf(file))?.id;
  }

  /** Gives the ids of those that are forgotten, since there would be too many. */
  remember(file: File, id: string, expiresAt: string): readonly string[] {
    const others = this.read().filter((begun) => begun.file !== identityOf(file) && begun.id !== id);
    const all = [...others, { file: identityOf(file), id, expiresAt }];
    this.write(all.slice(-KEPT_MAX));
    return all.slice(0, -KEPT_MAX).map((begun) => begun.id);
  }

  forget(id: string): void {
    this.write(this.read().filter((begun) => begun.id !== id));
  }

  /** The oldest first; other pages write there, too. */
  private read(): readonly Begun[] {
    const list = parsed(this.storage.getItem(UPLOADS_KEPT_AS) ?? "[]");
    if (!Array.isArray(list)) return [];
    return list.filter(isBegun).filter(({ expiresAt }) => Date.parse(expiresAt) > Date.now());
  }

  private write(list: readonly Begun[]): void {
    this.storage.setItem(UPLOADS_KEPT_AS, JSON.stringify(list));
  }
}
