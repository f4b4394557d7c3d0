const ORIENTATION = 0x0112;
const THUMBNAIL_AT = 0x0201;
const THUMBNAIL_BYTES = 0x0202;
const SHORT = 3;
const ENTRY_BYTES = 12;

/**
 * A copy of an EXIF block (a TIFF stream) that says "upright" and has no thumbnail: it would show the picture from
 * before the processing, with what was cropped away or blurred. Undefined when the block is damaged; such a one is
 * better left out than passed on. Source: TIFF 6.0 section 2, EXIF 2.32 section 4.5.
 */
export function uprightExif(exif: Buffer): Buffer | undefined {
  const order = exif.toString("latin1", 0, 4);
  if (order !== "II*\0" && order !== "MM\0*") return undefined;
  const block = new ExifBlock(Buffer.from(exif), order === "II*\0");
  try {
    block.makeUpright();
    return block.bytes;
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined; // it points outside of itself
    throw thrown;
  }
}

/** Buffer's own accessors check the bounds, so that a damaged block ends in a RangeError. */
class ExifBlock {
  constructor(
    readonly bytes: Buffer,
    private readonly little: boolean,
  ) {}

  makeUpright(): void {
    const first = this.u32(4);
    const orientation = this.find(first, ORIENTATION);
    if (orientation !== undefined) {
      this.setU16(orientation + 2, SHORT);
      this.setU32(orientation + 4, 1);
      this.setU32(orientation + 8, 0);
      this.setU16(orientation + 8, 1);
    }
    const nextAt = first + 2 + ENTRY_BYTES * this.u16(first);
    const second = this.u32(nextAt);
    if (second === 0) return;
    this.eraseThumbnail(second);
    this.setU32(nextAt, 0);
  }

  private eraseThumbnail(directory: number): void {
    const at = this.find(directory, THUMBNAIL_AT);
    const length = this.find(directory, THUMBNAIL_BYTES);
    if (at === undefined || length === undefined) return;
    const start = this.u32(at + 8);
    this.bytes.fill(
      0,
      Math.min(start, this.bytes.length),
      Math.min(start + this.u32(length + 8), this.bytes.length),
    );
  }

  /** Where the entry of a tag stands. */
  private find(directory: number, tag: number): number | undefined {
    const count = this.u16(directory);
    for (let i = 0; i < count; i++) {
      const at = directory + 2 + i * ENTRY_BYTES;
      if (this.u16(at) === tag) return at;
    }
    return undefined;
  }

  private u16(at: number): number {
    return this.little ? this.bytes.readUInt16LE(at) : this.bytes.readUInt16BE(at);
  }

  private u32(at: number): number {
    return this.little ? this.bytes.readUInt32LE(at) : this.bytes.readUInt32BE(at);
  }

  private setU16(at: number, value: number): void {
    if (this.little) this.bytes.writeUInt16LE(value, at);
    else this.bytes.writeUInt16BE(value, at);
  }

  private setU32(at: number, value: number): void {
    if (this.little) this.bytes.writeUInt32LE(value, at);
    else this.bytes.writeUInt32BE(value, at);
  }
}
