import { readFileSync } from "node:fs";

export type Read =
  | { readonly ok: true; readonly text: string }
  /** `why` completes "PATH …". */
  | { readonly ok: false; readonly why: string };

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "this user may not read it",
  EISDIR: "it is a folder",
};

/** A file that a setting names. */
export function readText(path: string): Read {
  try {
    return { ok: true, text: readFileSync(path, "utf8") };
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return { ok: false, why: `cannot be read: ${REASONS[code] ?? code}.` };
  }
}

/** A file of certificates, or of a private key. */
export function readPem(path: string): Read {
  const read = readText(path);
  return !read.ok || read.text.includes("-----BEGIN ") ? read : { ok: false, why: "is no PEM file." };
}
