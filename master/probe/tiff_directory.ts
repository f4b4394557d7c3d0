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

export interface TiffStream {
  /** Offset of the first directory. */
  readonly first: number;
  directory(at: number): Directory;
  /** As `directory(at).next`, without a look at what it has. */
  nextOf(at: number): number;
}

/** Opens a classic or a BigTIFF stream. Throws `image_corrupt` when it is neither. */
export function openTiff(source: TiffSource): TiffStream {
  const start = source.read(0, 8);
  const little = start[0] === 0x49;
  const u16 = (at: number): number => {
    const b = source.read(at, 2);
    return little ? b.readUInt16LE(0) : b.readUInt16BE(0);
  };
  const u32 = (at: number): number => {
    const b = source.read(at, 4);
    return little ? b.readUInt32LE(0) : b.readUInt32BE(0);
  };
  const u64 = (at: number): number => {
    const b = source.read(at, 8);
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
  const countOf = (at: number): number => {
    const count = big ? u64(at) : u16(at);
    if (count < 1 || count > ENTRIES_MAX) throw new TesseraError("image_corrupt");
    return count;
  };
  const nextOf = (at: number): number => {
    const nextAt = at + countBytes + countOf(at) * entryBytes;
    return big ? u64(nextAt) : u32(nextAt);
  };

  const directory = (at: number): Directory => {
    const count = countOf(at);
    const entriesAt = at + countBytes;
    const entries = new Map<number, Entry>();
    for (let i = 0; i < count; i++) {
      const e = entriesAt + i * entryBytes;
      const type = u16(e + 2);
      const values = big ? u64(e + 4) : u32(e + 4);
      const field = e + entryBytes - inline;
      const inside = values * (TYPE_BYTES[type] ?? 0) <= inline;
      entries.set(u16(e), { type, count: values, at: inside ? field : big ? u64(field) : u32(field) });
    }
    const integer = (tag: number): Entry | undefined => {
      const entry = entries.get(tag);
      return entry && entry.count > 0 && [1, 3, 4, 13, 16, 18].includes(entry.type) ? entry : undefined;
    };
    return {
      next: nextOf(at),
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
    };
  };
  return { first, directory, nextOf };
}
