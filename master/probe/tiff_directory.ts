import { TesseraError } from "../../shared/errors.ts";

/** What a TIFF stream is read from: a file, or the EXIF block of another image. Throws when the range is not there. */
export interface TiffSource {
  read(at: number, length: number): Buffer;
}

export interface Directory {
  /** Offset of the next directory, 0 for none. */
  readonly next: number;
  has(tag: number): boolean;
  /** The first value of a tag of an integer type. */
  number(tag: number): number | undefined;
  /** Up to 64 values. */
  numbers(tag: number): number[] | undefined;
  /** The first and the last value of an array that may be long. */
  edges(tag: number): number[] | undefined;
  /** How many bytes the values of all tags come to, beside those of these. */
  bytesBeside(tags: readonly number[]): number;
}

const VALUES_MAX = 64;
/** Real files have some tens. libtiff's time grows with the square of those that it does not know: 4000 take a second. */
const ENTRIES_MAX = 256;

/** Bytes of one value by field type (TIFF 6.0 section 2; 16–18 are BigTIFF's). */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

interface Entry {
  readonly type: number;
  readonly count: number;
  /** Offset of the values in the source. */
  readonly at: number;
}

/** Opens a classic or a BigTIFF stream. Throws `image_corrupt` when it is neither. */
export function openTiff(source: TiffSource): { first: number; directory(at: number): Directory } {
  const start = source.read(0, 8);
  const little = start[0] === 0x49;
  const u16 = (at: number, from: TiffSource = source): number => {
    const b = from.read(at, 2);
    return little ? b.readUInt16LE(0) : b.readUInt16BE(0);
  };
  const u32 = (at: number, from: TiffSource = source): number => {
    const b = from.read(at, 4);
    return little ? b.readUInt32LE(0) : b.readUInt32BE(0);
  };
  const u64 = (at: number, from: TiffSource = source): number => {
    const b = from.read(at, 8);
    return Number(little ? b.readBigUInt64LE(0) : b.readBigUInt64BE(0));
  };
  const version = u16(2);
  if (version !== 42 && version !== 43) throw new TesseraError("image_corrupt");
  const big = version === 43;
  const first = big ? u64(8) : u32(4);
  if (first === 0) throw new TesseraError("image_header_invalid", "It holds no picture.");

  const value = ({ type, at }: Entry, index: number): number => {
    const place = at + index * TYPE_BYTES[type]!;
    if (TYPE_BYTES[type] === 1) return source.read(place, 1)[0]!;
    return type === 3 ? u16(place) : TYPE_BYTES[type] === 8 ? u64(place) : u32(place);
  };

  const [countBytes, entryBytes, inline] = big ? [8, 20, 8] : [2, 12, 4];
  const directory = (at: number): Directory => {
    const count = big ? u64(at) : u16(at);
    if (count < 1 || count > ENTRIES_MAX) throw new TesseraError("image_corrupt");
    const tableAt = at + countBytes;
    const bytes = source.read(tableAt, count * entryBytes + inline);
    const table: TiffSource = { read: (at, length) => bytes.subarray(at, at + length) };
    const entries = new Map<number, Entry>();
    const sizes: { tag: number; bytes: number }[] = [];
    for (let e = 0; e < count * entryBytes; e += entryBytes) {
      const tag = u16(e, table);
      const type = u16(e + 2, table);
      const values = big ? u64(e + 4, table) : u32(e + 4, table);
      const field = e + entryBytes - inline;
      const size = values * (TYPE_BYTES[type] ?? 0);
      const away = () => (big ? u64(field, table) : u32(field, table));
      entries.set(tag, { type, count: values, at: size <= inline ? tableAt + field : away() });
      sizes.push({ tag, bytes: size });
    }
    const integer = (tag: number): Entry | undefined => {
      const entry = entries.get(tag);
      return entry && entry.count > 0 && [1, 3, 4, 13, 16, 18].includes(entry.type) ? entry : undefined;
    };
    return {
      next: (big ? u64 : u32)(count * entryBytes, table),
      has: (tag) => entries.has(tag),
      number: (tag) => {
        const entry = integer(tag);
        return entry && value(entry, 0);
      },
      numbers: (tag) => {
        const entry = integer(tag);
        return entry && Array.from({ length: Math.min(entry.count, VALUES_MAX) }, (_, i) => value(entry, i));
      },
      edges: (tag) => {
        const entry = integer(tag);
        return entry && [value(entry, 0), value(entry, entry.count - 1)];
      },
      bytesBeside: (tags) =>
        sizes.reduce((sum, { tag, bytes }) => (tags.includes(tag) ? sum : sum + bytes), 0),
    };
  };
  return { first, directory };
}
