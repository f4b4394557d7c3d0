/** How images come: dropped, pasted, chosen. */

import { signal } from "@preact/signals";
import { addFiles, IMAGES_MAX } from "./images.ts";

/** What could not be taken, in words. */
export const intakeFault = signal("");

/** By their types, or where the system does not know these by their names. */
const LOOKS_LIKE_IMAGE = /\.(jpe?g|png|webp|avif|tiff?|gif)$/i;
const isImage = ({ type, name }: File): boolean =>
  type.startsWith("image/") || (type === "" && LOOKS_LIKE_IMAGE.test(name)) || LOOKS_LIKE_IMAGE.test(name);

export function takeFiles(files: readonly File[]): void {
  const taken = files.filter(isImage);
  const left = addFiles(taken);
  const others = files.length - taken.length;
  const faults = [
    others > 0
      ? `${others === 1 ? `“${files.find((file) => !isImage(file))!.name}” is` : `${others} files are`} no image. Tessera reads JPEG, PNG, WebP, AVIF, TIFF and GIF.`
      : "",
    left > 0 ? `${left} images are left out: at most ${IMAGES_MAX} are sent together.` : "",
  ];
  intakeFault.value = faults.filter(Boolean).join(" ");
}

/** All files in what was dropped, folders too. */
export async function filesOf(transfer: DataTransfer): Promise<readonly File[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const plain = [...transfer.files];
  if (!entries.some((entry) => entry?.isDirectory)) return plain;
  const files: File[] = [];
  for (const entry of entries) if (entry !== null) await walk(entry, files);
  return files;
}

async function walk(entry: FileSystemEntry, files: File[]): Promise<void> {
  if (files.length >= IMAGES_MAX * 2) return;
  if (entry.isFile) {
    files.push(await new Promise<File>((give, fail) => (entry as FileSystemFileEntry).file(give, fail)));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader gives some at a time, and none at the end.
    const some = await new Promise<FileSystemEntry[]>((give, fail) => reader.readEntries(give, fail));
    if (some.length === 0) return;
    for (const each of some) await walk(each, files);
  }
}

/** Whether what is dragged over the page could be dropped here: files, or an address from another page. */
export const canTake = (transfer: DataTransfer | null): boolean =>
  transfer?.types.some((type) => type === "Files" || type === "text/uri-list") === true;

/** The address in what was pasted or dropped; nothing where there is none. */
export function addressIn(text: string): string | undefined {
  const trimmed = text.trim();
  return /^https?:\/\/\S+$/i.test(trimmed) && URL.canParse(trimmed) ? trimmed : undefined;
}
