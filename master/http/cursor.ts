import { TesseraError } from "../../shared/errors.ts";

/** A place in a list as it is given out. It says nothing that whoever has it may not know, so it is not sealed. */
export const cursorOf = (place: number): string => Buffer.from(String(place)).toString("base64url");

/** @throws request_invalid for a text that was not given out */
export function placeOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, "base64url").toString("latin1");
  const place = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN;
  if (cursorOf(place) !== cursor)
    throw new TesseraError("request_invalid", "cursor: expected one that was given out.");
  return place;
}
