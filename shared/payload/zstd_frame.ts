/** The parts of a zstd frame that can be known without decoding it (RFC 8878, section 3.1.1). */

const MAGIC = 0xfd2fb528;
const HAS_CHECKSUM = 0b100;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;

/**
 * How many bytes `bytes` decodes to, if it is one whole frame that says so and nothing more. A decoder that trusts
 * the input would add up the sizes of any number of frames, and grow without an end where a frame names no size.
 */
export function frameContentBytes(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 6 || view.getUint32(0, true) !== MAGIC) return undefined;
  const descriptor = view.getUint8(4);
  const dictionaryOrReserved = descriptor & 0b1011;
  if (dictionaryOrReserved !== 0) return undefined;
  const singleSegment = (descriptor & 0b100000) !== 0;
  const sizeAt = singleSegment ? 5 : 6;
  const sizeCode = descriptor >> 6;
  const sizeBytes = sizeCode === 0 && singleSegment ? 1 : [0, 2, 4, 8][sizeCode]!;
  if (sizeBytes === 0 || sizeAt + sizeBytes > bytes.length) return undefined;
  const end = blocksEnd(view, sizeAt + sizeBytes);
  const checksumBytes = (descriptor & HAS_CHECKSUM) === 0 ? 0 : 4;
  return end !== undefined && end + checksumBytes === bytes.length
    ? sizeField(view, sizeAt, sizeBytes)
    : undefined;
}

/** Where the last block ends, or nothing if that is past the end. Every step goes at least three bytes on. */
function blocksEnd(view: DataView, start: number): number | undefined {
  let at = start;
  while (at + 3 <= view.byteLength) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const kind = (header >> 1) & 3;
    if (kind === BLOCK_RESERVED) return undefined;
    at += 3 + (kind === BLOCK_RLE ? 1 : header >> 3);
    if ((header & 1) === 1) return at;
  }
  return undefined;
}

function sizeField(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, true) + 256;
  return bytes === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}
