/** The images that a job, or a batch of jobs, is to be made of. */
import { batch, type Signal, signal } from "@preact/signals";
import { api } from "../../shell/api.ts";
import { FileUpload } from "../sending/file_upload.ts";
import { identityOf, UploadMemory } from "../sending/upload_memory.ts";

export interface SourceFile {
  readonly file: File;
  readonly upload: FileUpload;
}

type Source = SourceFile | { readonly url: string };

export interface SourceImage {
  readonly id: number;
  readonly name: string;
  readonly source: Source;
  /** Its size in pixels, once somebody has found it out. */
  readonly size: Signal<{ readonly width: number; readonly height: number } | undefined>;
  /** An object URL of a small picture; nothing where the browser cannot make one. */
  readonly thumbnail: Signal<string | undefined>;
  /** Why it cannot be looked at, in words. */
  readonly fault: Signal<string>;
}

const TYPES: Readonly<Record<string, string>> = { jpg: "jpeg", tif: "tiff" };

/** The media type as its name says it, which is all that is known of an address; "" where it says nothing. */
export function typeOf({ source, name }: SourceImage): string {
  if ("file" in source && source.file.type !== "") return source.file.type;
  const ending = /\.(jpe?g|png|webp|avif|tiff?|gif)$/i.exec(name)?.[1]?.toLowerCase();
  return ending === undefined ? "" : `image/${TYPES[ending] ?? ending}`;
}

/** More are refused by a batch, and a page that shows them would be slow. */
export const IMAGES_MAX = 1000;

export const images = signal<readonly SourceImage[]>([]);
/** The one that is looked at. */
export const looked = signal<SourceImage | undefined>(undefined);

let lastId = 0;
const memory = new UploadMemory(localStorage);

function made(name: string, source: Source): SourceImage {
  return {
    ...{ id: ++lastId, name, source },
    ...{ size: signal(undefined), thumbnail: signal(undefined), fault: signal("") },
  };
}

/** Gives how many were left out, since there would be too many. Those that are there already are not taken twice. */
export function addFiles(files: readonly File[]): number {
  const known = new Set(images.value.map(({ source }) => ("file" in source ? identityOf(source.file) : "")));
  const fresh = files.filter((file) => !known.has(identityOf(file)));
  const room = IMAGES_MAX - images.value.length;
  add(
    fresh
      .slice(0, room)
      .map((file) => made(file.name, { file, upload: new FileUpload(file, { api, memory }) })),
  );
  return Math.max(0, fresh.length - room);
}

/** An address is http or https; the server goes there when the job starts. */
export function addAddress(url: string): void {
  add([made(nameOf(new URL(url)), { url })]);
}

function nameOf({ pathname, host }: URL): string {
  const last = pathname.slice(pathname.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(last) || host;
  } catch {
    return last; // a percent sign that stands for itself
  }
}

function add(more: readonly SourceImage[]): void {
  batch(() => {
    images.value = [...images.value, ...more];
    looked.value ??= more[0];
  });
}

export function removeImage(image: SourceImage): void {
  const at = images.value.indexOf(image);
  batch(() => {
    images.value = images.value.filter((each) => each !== image);
    if (looked.value === image) looked.value = images.value[Math.min(at, images.value.length - 1)];
  });
  const { value: src } = image.thumbnail;
  if (src !== undefined) URL.revokeObjectURL(src);
  if ("upload" in image.source) image.source.upload.letGo();
}
