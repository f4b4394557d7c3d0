/** What has been put together, for those who rather type it. */
import { extensionOf, type OutputFormat } from "../../shared/api/output.ts";
import { labelsOf } from "./labels.ts";
import type { Options } from "./recipe.ts";
import { command, filePath } from "./shell_words.ts";

/** An image as a command names it. */
export type Named = { readonly file: string } | { readonly url: string };

export interface CommandOf {
  /** The server's address, without a slash behind it. */
  readonly server: string;
  /** Whether it asks who one is. */
  readonly needsKey: boolean;
  readonly images: readonly Named[];
  /** The text form; nothing changes nothing. */
  readonly pipeline: string;
  readonly options: Options;
}

/** In place of an image where there is none yet. */
const SOME_IMAGE: Named = { file: "photo.jpg" };

const imagesOf = ({ images }: CommandOf): readonly Named[] => (images.length === 0 ? [SOME_IMAGE] : images);

const entriesOf = ({ pipeline, options }: CommandOf): (readonly [string, string])[] =>
  Object.entries({ ...(pipeline !== "" && { pipeline }), ...options, labels: labelList(options.labels) })
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => [name, String(value)] as const);

const labelList = (labels: string | undefined): string =>
  Object.entries(labelsOf(labels) ?? {})
    .map(([name, value]) => `${name}:${value}`)
    .join(",");

/** One request for each image. */
export const curlCommand = (wanted: CommandOf): string =>
  imagesOf(wanted)
    .map((image) => curlFor(image, wanted))
    .join("\n");

function curlFor(image: Named, wanted: CommandOf): string {
  const { server, needsKey, options, pipeline } = wanted;
  const head = [
    ["curl", `${server}/v1/jobs`],
    // Its value is the shell's, so it is the only word that is not quoted as it stands.
    ...(needsKey ? [["-H", KEY_HEADER]] : []),
  ];
  if ("url" in image) {
    const { labels, ...others } = options;
    const asked = {
      source: image,
      ...(pipeline !== "" && { pipeline }),
      ...others,
      labels: labelsOf(labels),
    };
    return withKey(command([...head, ["--json", JSON.stringify(asked)]]));
  }
  // Fields stand before the image, so that what is wrong with them is told at once.
  const fields = entriesOf(wanted).map(([name, value]) => ["--form-string", `${name}=${value}`]);
  return withKey(command([...head, ...fields, ["-F", `image=@${curlFile(filePath(image.file))}`]]));
}

const KEY_HEADER = "Authorization: Bearer $TESSERA_CLIENT_KEY";
const withKey = (text: string): string => text.replace(`'${KEY_HEADER}'`, `"${KEY_HEADER}"`);

/** In `-F` a semicolon or a comma would end the name, but not within quotes. */
const curlFile = (path: string): string =>
  /[;,"\\]/.test(path) ? `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"` : path;

/** On this machine, without a server. */
export function runCommand(wanted: CommandOf): string {
  const files = imagesOf(wanted).flatMap((image) => ("file" in image ? [filePath(image.file)] : []));
  const names = files.length === 0 ? ["photo.jpg"] : files;
  const output = names.length > 1 ? "done/" : outputName(names[0]!, wanted.options.format);
  return command([["tessera", "run", ...names], ...imageOptions(wanted), ["--output", output]]);
}

/** The name of a result beside its image. */
function outputName(path: string, format: OutputFormat | undefined): string {
  const stem = path.replace(/\.[^./]*$/, "");
  const ending = format === undefined ? (/\.([^./]+)$/.exec(path)?.[1] ?? "png") : extensionOf(format);
  return `${stem}-done.${ending}`;
}

/** To this server, by the command line. */
export function submitCommand(wanted: CommandOf): string {
  const { server, options } = wanted;
  const { priority, labels, expires_in, webhook } = options;
  const names = imagesOf(wanted).map((image) => ("url" in image ? image.url : filePath(image.file)));
  return command([
    ["tessera", "submit", ...names],
    ["--master", server],
    ...imageOptions(wanted),
    ...(priority === undefined ? [] : [["--priority", `${priority}`]]),
    ...Object.entries(labelsOf(labels) ?? {}).map(([name, value]) => ["--label", `${name}=${value}`]),
    ...(expires_in === undefined ? [] : [["--expires-in", expires_in]]),
    ...(webhook === undefined ? [] : [["--webhook", webhook]]),
  ]);
}

function imageOptions({ pipeline, options }: CommandOf): string[][] {
  const { format, quality, effort, lossless, background, metadata, profile, tile_size } = options;
  const given = { format, quality, effort, background, metadata, profile, "tile-size": tile_size };
  return [
    ...(pipeline === "" ? [] : [["--do", pipeline]]),
    ...Object.entries(given).flatMap(([name, value]) =>
      value === undefined ? [] : [[`--${name}`, `${value}`]],
    ),
    ...(lossless === true ? [["--lossless"]] : []),
  ];
}
