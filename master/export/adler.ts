/** Source: RFC 1950 section 8.2. */
const BASE = 65_521;

/**
 * The Adler-32 of two parts from that of each and the second's length. With a = 1 + Σ bytes and b = Σ of the a's after
 * each byte, the second part's b grows by its length × (first a − 1). The products stay below 2^32.
 */
export function combineAdler(first: number, second: number, secondLength: number): number {
  const a1 = first & 0xffff;
  const a2 = second & 0xffff;
  const shift = (a1 + BASE - 1) % BASE;
  const a = (shift + a2) % BASE;
  const b = ((first >>> 16) + (second >>> 16) + (secondLength % BASE) * shift) % BASE;
  return b * 65_536 + a;
}
