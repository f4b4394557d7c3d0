/** A field of a TIFF directory: its values as the file holds them, little-endian. */
export interface Field {
  readonly tag: number;
  /** TIFF 6.0 section 2: 1 byte, 3 short, 4 long, 7 undefined; BigTIFF's 16, a long of 8 bytes. */
  readonly type: number;
  readonly count: number;
  readonly bytes: Buffer;
}

export const SHORT = "short";
export const UNDEFINED = 7;

const TYPES = {
  short: { code: 3, size: 2 },
  long: { code: 4, size: 4 },
  long8: { code: 16, size: 8 },
} as const;

export function fieldOf(tag: number, type: keyof typeof TYPES, values: readonly number[]): Field {
  const { code, size } = TYPES[type];
  const bytes = Buffer.alloc(values.length * size);
  values.forEach((value, i) => {
    if (size === 8) bytes.writeBigUInt64LE(BigInt(value), i * 8);
    else bytes.writeUIntLE(value, i * size, size);
  });
  return { tag, type: code, count: values.length, bytes };
}

/**
 * A directory that will stand at offset `at`, with no other after it: the entries, then the values that do not fit
 * into their entry.
 */
export function tiffDirectory(fields: readonly Field[], at: number, big: boolean): Buffer {
  const [countBytes, entryBytes, inline] = big ? [8, 20, 8] : [2, 12, 4];
  const entries = Buffer.alloc(countBytes + fields.length * entryBytes + inline);
  const offset = (value: number, place: number): void => {
    if (big) entries.writeBigUInt64LE(BigInt(value), place);
    else entries.writeUInt32LE(value, place);
  };
  if (big) entries.writeBigUInt64LE(BigInt(fields.length));
  else entries.writeUInt16LE(fields.length);
  const outside: Buffer[] = [];
  let end = at + entries.length;
  fields.forEach(({ tag, type, count, bytes }, i) => {
    const entry = countBytes + i * entryBytes;
    entries.writeUInt16LE(tag, entry);
    entries.writeUInt16LE(type, entry + 2);
    offset(count, entry + 4);
    const value = entry + entryBytes - inline;
    if (bytes.length <= inline) {
      entries.set(bytes, value);
      return;
    }
    offset(end, value);
    const padding = Buffer.alloc(bytes.length & 1); // values begin on an even byte
    outside.push(bytes, padding);
    end += bytes.length + padding.length;
  });
  return Buffer.concat([entries, ...outside]);
}
