import { existsSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { extensionOf, type OutputFormat } from "../../shared/api/output.ts";
import { UsageError } from "../failure.ts";

/** Where results go. */
export type Target =
  | { readonly kind: "stdout" }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "folder"; readonly path: string };

const ENDINGS: Readonly<Record<string, OutputFormat>> = {
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
  ".png": "png",
  ".webp": "webp",
  ".avif": "avif",
  ".tif": "tiff",
  ".tiff": "tiff",
};

/** What `--output` means for these images; a folder is created. @throws UsageError */
export function targetOf(output: string, images: readonly string[], json: boolean): Target {
  if (output === "-") {
    if (images.length > 1) throw new UsageError("Several images cannot go to stdout. Name a folder.");
    if (json) throw new UsageError("--json writes to stdout, and so would --output -. Name a file.");
    if (process.stdout.isTTY)
      throw new UsageError("An image would garble the terminal. Redirect it, or name a file.");
    return { kind: "stdout" };
  }
  const isFolder = existsSync(output) && statSync(output).isDirectory();
  if (isFolder || images.length > 1 || /[/\\]$/.test(output)) {
    if (existsSync(output) && !isFolder)
      throw new UsageError(`Several images need a folder, and ${output} is a file.`);
    mkdirSync(output, { recursive: true });
    return { kind: "folder", path: output };
  }
  const folder = dirname(output);
  if (!existsSync(folder)) throw new UsageError(`There is no folder ${folder}. Create it first.`);
  return { kind: "file", path: output };
}

/** The format that the target's name asks for, if it does. @throws UsageError for an ending that says nothing. */
export function formatOf(target: Target, asked: OutputFormat | undefined): OutputFormat | undefined {
  if (asked !== undefined || target.kind !== "file") return asked;
  const ending = extname(target.path).toLowerCase();
  if (ending === "") return undefined;
  const format = ENDINGS[ending];
  if (format !== undefined) return format;
  const known = Object.keys(ENDINGS).join(", ");
  throw new UsageError(
    `The ending ${ending} tells no format that can be written. Use one of ${known}, or --format.`,
  );
}

/** Gives each image its place, and refuses to overwrite an image that is read or a result of this run. */
export class Places {
  private readonly taken = new Map<string, string>();
  private readonly inputs: ReadonlySet<string>;

  constructor(
    private readonly target: Exclude<Target, { kind: "stdout" }>,
    images: readonly string[],
  ) {
    this.inputs = new Set(images.filter((image) => existsSync(image)).map((image) => realpathSync(image)));
  }

  /** `format` is what the image becomes; it names the ending in a folder. @throws UsageError */
  placeOf(image: string, format: OutputFormat): string {
    const { kind, path } = this.target;
    const name = `${basename(image, extname(image))}.${extensionOf(format)}`;
    const place = kind === "file" ? path : join(path, name);
    const actual = existsSync(place) ? realpathSync(place) : resolve(place);
    if (this.inputs.has(actual))
      throw new UsageError(`${place} is an image to be read. Choose another output.`);
    const other = this.taken.get(actual);
    if (other !== undefined && other !== image)
      throw new UsageError(`${other} and ${image} would both become ${place}. Process them one by one.`);
    this.taken.set(actual, image);
    return place;
  }
}
