/** What the table of settings is written with. What a setting may have beside JSON Schema's words, `table.ts` says. */
import { FormatRegistry, Type } from "@sinclair/typebox";
import ipaddr from "ipaddr.js";

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;
export const TIB = 1024 * GIB;

FormatRegistry.Set("ip-range", (text) => ipaddr.isValidCIDR(text) || ipaddr.isValid(text));

export const text = (description: string, more = {}) => Type.String({ minLength: 1, description, ...more });
export const optional = (description: string, more = {}) => Type.Optional(text(description, more));
export const secret = (description: string) => optional(description, { secret: true });
export const pem = (description: string) =>
  optional(description, { pem: true, expected: "the path of a readable PEM file" });
export const whole = (minimum: number, maximum: number, initial: number, unit: string, description: string) =>
  Type.Integer({ minimum, maximum, default: initial, unit, description });
export const size = (minimum: number, maximum: number, initial: number, description: string) =>
  whole(minimum, maximum, initial, "bytes", description);
/** A number of which one may have so many. */
export const upTo = (initial: number, unit: string, description: string) =>
  whole(0, 1e12, initial, unit, `${description.replace(/\.$/, "")}; 0 is no limit.`);
export const port = (initial: number, description: string) => whole(0, 65_535, initial, "", description);

/** A port, as a pattern; 0 is none. */
export const PORT = "([1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])";
