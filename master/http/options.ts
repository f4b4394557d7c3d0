import { TesseraError } from "../../shared/errors.ts";
import type { SubmitRequest } from "../jobs/submission.ts";

const NUMBERS = { quality: "quality", effort: "effort" } as const;
const KNOWN = [
  "pipeline",
  "format",
  "quality",
  "effort",
  "metadata",
  "lossless",
  "background",
  "profile",
  "tile_size",
  "priority",
  "name",
];

/**
 * What to do with an image, from query parameters or form fields; their values are texts.
 *
 * @throws request_invalid for an unknown name or a value of the wrong kind; ranges are checked where they belong
 */
export function submitOptions(fields: Readonly<Record<string, string>>): Omit<SubmitRequest, "source"> {
  for (const name of Object.keys(fields))
    if (!KNOWN.includes(name))
      throw new TesseraError("request_invalid", `There is no option '${name.slice(0, 60)}'.`);
  const output: Record<string, unknown> = {};
  for (const name of ["format", "metadata", "background"])
    if (fields[name] !== undefined) output[name] = fields[name];
  for (const name of Object.values(NUMBERS))
    if (fields[name] !== undefined) output[name] = number(name, fields[name]);
  if (fields.lossless !== undefined) output.lossless = flag("lossless", fields.lossless);
  const { profile, tile_size: tileSize, priority } = fields;
  if (profile !== undefined && profile !== "srgb" && profile !== "keep")
    throw new TesseraError("request_invalid", "profile: expected 'srgb' or 'keep'.");
  return {
    pipeline: fields.pipeline ?? "",
    output,
    ...(profile && { profile }),
    ...(tileSize !== undefined && { tileSize: number("tile_size", tileSize) }),
    ...(priority !== undefined && { priority: number("priority", priority) }),
  };
}

/** @throws request_invalid */
export function number(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value))
    throw new TesseraError("request_invalid", `${name}: expected a number.`);
  return value;
}

function flag(name: string, text: string): boolean {
  if (text !== "true" && text !== "false")
    throw new TesseraError("request_invalid", `${name}: expected true or false.`);
  return text === "true";
}
