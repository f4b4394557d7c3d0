// Pixels as numbers of few bits, and back. From every byte plane of every pixel comes one number: what differs from the
// pixel above (0 above the first row), of red and blue less what differs of green; of 16 bits a low byte and a high one,
// both signed. A block is sixteen such numbers side by side, all of as many bits as the largest of them needs: eight of
// them in that many bytes, then the other eight.
//
// A shift by a number of bits becomes four instructions, a product or a look-up of bytes one. Hence tables by width.

const SIDE: i32 = 16;

// The scratch memory: tables by width, places of bytes, two groups of sixteen pixels, a row of zeros.
const ENTRY: usize = 64;
const PLACES: usize = 9 * ENTRY;
const GROUP: usize = 16 * 8;
const TAIL: usize = PLACES + 8 * 8 * 16;
const TAIL_ABOVE: usize = TAIL + GROUP;
const ZEROS: usize = TAIL_ABOVE + GROUP;

/** For each width: what makes its numbers positive, the factors that join two and four of them, the shift that joins eight. */
@inline function packingTables(at: usize): void {
  for (let width = 0; width < 8; width++, at += ENTRY) {
    const range: i32 = 1 << width;
    v128.store(at, i8x16.splat(<i8>(range >> 1)));
    v128.store(at, i16x8.splat(<i16>(range << 7)), 16);
    v128.store(at, i32x4.splat(1 | (range * range << 16)), 32);
    store<i32>(at, 32 - 4 * width, 48);
  }
}

/** For each width: the two bytes that hold each of eight numbers, factors that lift it to the upper one, its bits, its middle. */
@inline function unpackingTables(at: usize): void {
  for (let width = 0; width <= 8; width++, at += ENTRY) {
    for (let i = 0; i < 8; i++) {
      const byte = i * width >> 3, factor: i32 = 256 >> (i * width & 7);
      store<u8>(at + (i << 1), byte);
      store<u8>(at + (i << 1), byte + 1, 1);
      store<u16>(at + (i << 1), <u16>factor, 16);
    }
    const range: i32 = 1 << width;
    v128.store(at, i8x16.splat(<i8>(range - 1)), 32);
    v128.store(at, i8x16.splat(<i8>(range >> 1)), 48);
  }
}

/** `n` × `n` look-ups from vectors of packed pixels of `n` bytes to vectors of one byte of each, or back; 128 is nowhere. */
@inline function places(at: usize, n: i32, back: bool): void {
  for (let to = 0; to < n; to++)
    for (let from = 0; from < n; from++, at += 16)
      for (let i = 0; i < 16; i++) {
        const byte = back ? (to << 4) + i : i * n + to;
        const there = back ? byte % n == from : byte >> 4 == from;
        store<u8>(at + i, there ? (back ? byte / n : byte & 15) : 128);
      }
}

/** One of `n` vectors from `n` others. relaxed_swizzle is relaxed only for indices that do not occur here. */
@inline function pick(n: i32, at: usize, v0: v128, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128, v6: v128, v7: v128): v128 {
  if (n == 1) return v0;
  let v = v128.or(i8x16.relaxed_swizzle(v0, v128.load(at)), i8x16.relaxed_swizzle(v1, v128.load(at, 16)));
  if (n > 2) v = v128.or(v, i8x16.relaxed_swizzle(v2, v128.load(at, 32)));
  if (n > 3) v = v128.or(v, i8x16.relaxed_swizzle(v3, v128.load(at, 48)));
  if (n > 4) v = v128.or(v, i8x16.relaxed_swizzle(v4, v128.load(at, 64)));
  if (n > 5) v = v128.or(v, i8x16.relaxed_swizzle(v5, v128.load(at, 80)));
  if (n > 6) v = v128.or(v, i8x16.relaxed_swizzle(v6, v128.load(at, 96)));
  if (n > 7) v = v128.or(v, i8x16.relaxed_swizzle(v7, v128.load(at, 112)));
  return v;
}

/** Bits that the largest of sixteen signed numbers needs: 0 to 8. */
@inline function widthOf(v: v128): i32 {
  const zigzag = v128.xor(i8x16.add(v, v), i8x16.lt_s(v, i64x2.splat(0)));
  const eight = i64x2.extract_lane(zigzag, 0) | i64x2.extract_lane(zigzag, 1);
  const four = <i32>(eight | (eight >>> 32));
  const two = four | (four >>> 16);
  return 32 - clz<i32>((two | (two >>> 8)) & 255);
}

/** A block to `q`; answers where the next one goes. Stores up to 16 bytes. */
@inline function put(v: v128, q: usize, widths: usize, tables: usize): usize {
  const width = widthOf(v);
  store<u8>(widths, width);
  if (width == 8) {
    v128.store(q, i8x16.add(v, i8x16.splat(-128)));
    return q + 16;
  }
  const at = tables + <usize>width * ENTRY;
  const low = i16x8.splat(255), lower = i64x2.splat(0xffffffff);
  v = i8x16.add(v, v128.load(at));
  // relaxed_q15mulr: relaxed only in what −1 · −1 gives; here all is positive, and nothing is rounded.
  v = v128.or(v128.and(v, low), i16x8.relaxed_q15mulr_s(v128.andnot(v, low), v128.load(at, 16)));
  v = i32x4.dot_i16x8_s(v, v128.load(at, 32));
  v = v128.or(v128.and(v, lower), i64x2.shr_u(v128.andnot(v, lower), load<i32>(at, 48)));
  store<i64>(q, i64x2.extract_lane(v, 0));
  store<i64>(q + width, i64x2.extract_lane(v, 1));
  return q + (<usize>width << 1);
}

/** The block at `q`. Loads up to 24 bytes. */
@inline function get(q: usize, width: usize, tables: usize): v128 {
  const at = tables + width * ENTRY;
  const bytes = v128.load(at), factors = v128.load(at, 16);
  const a = i16x8.mul(i8x16.relaxed_swizzle(v128.load(q), bytes), factors);
  const b = i16x8.mul(i8x16.relaxed_swizzle(v128.load(q + width), bytes), factors);
  const both = i8x16.shuffle(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  return i8x16.sub(v128.and(both, v128.load(at, 32)), v128.load(at, 48));
}

@inline function less<T>(p: usize, above: usize, n: i32, i: i32): v128 {
  return i < n ? v128.sub<T>(v128.load(p + (i << 4)), v128.load(above + (i << 4))) : i64x2.splat(0);
}

@inline function toBits<T>(channels: i32, src: usize, srcStride: i32, w: i32, h: i32, widths: usize, blocks: usize, limit: usize, scratch: usize): usize {
  const size = <i32>sizeof<T>(), n = channels * size;
  const table = scratch + PLACES;
  memory.fill(scratch, 0, ZEROS + <usize>w * n + GROUP);
  packingTables(scratch);
  places(table, n, false);
  const zero = i64x2.splat(0);
  let above = scratch + ZEROS, q = blocks;
  for (let y = 0; y < h && q < limit; y++) {
    const row = src + <usize>y * srcStride;
    for (let x = 0; x < w; x += SIDE, widths += n) {
      let p = row + <usize>x * n, up = above + <usize>x * n;
      if (x + SIDE > w) {
        memory.copy(scratch + TAIL, p, <usize>(w - x) * n);
        memory.copy(scratch + TAIL_ABOVE, up, <usize>(w - x) * n);
        p = scratch + TAIL;
        up = scratch + TAIL_ABOVE;
      }
      const v0 = less<T>(p, up, n, 0), v1 = less<T>(p, up, n, 1), v2 = less<T>(p, up, n, 2), v3 = less<T>(p, up, n, 3);
      const v4 = less<T>(p, up, n, 4), v5 = less<T>(p, up, n, 5), v6 = less<T>(p, up, n, 6), v7 = less<T>(p, up, n, 7);
      if (size == 1) {
        const green = channels > 1 ? pick(n, table + 16 * n, v0, v1, v2, v3, v4, v5, v6, v7) : zero;
        const red = pick(n, table, v0, v1, v2, v3, v4, v5, v6, v7);
        q = put(channels > 2 ? i8x16.sub(red, green) : red, q, widths, scratch);
        if (channels > 1) q = put(green, q, widths + 1, scratch);
        if (channels > 2) q = put(i8x16.sub(pick(n, table + 32 * n, v0, v1, v2, v3, v4, v5, v6, v7), green), q, widths + 2, scratch);
        if (channels > 3) q = put(pick(n, table + 48 * n, v0, v1, v2, v3, v4, v5, v6, v7), q, widths + 3, scratch);
      } else {
        const green = channels > 1 ? pick(n, table + 32 * n, v0, v1, v2, v3, v4, v5, v6, v7) : zero;
        const greenHigh = channels > 1 ? pick(n, table + 48 * n, v0, v1, v2, v3, v4, v5, v6, v7) : zero;
        for (let k = 0; k < channels; k++) {
          const at = table + 32 * k * n;
          let low = pick(n, at, v0, v1, v2, v3, v4, v5, v6, v7), high = pick(n, at + 16 * n, v0, v1, v2, v3, v4, v5, v6, v7);
          if (channels > 2 && (k & 1) == 0) {
            high = i8x16.add(i8x16.sub(high, greenHigh), i8x16.lt_u(low, green));
            low = i8x16.sub(low, green);
          }
          q = put(low, q, widths + 2 * k, scratch);
          q = put(i8x16.sub(high, i8x16.lt_s(low, zero)), q, widths + 2 * k + 1, scratch);
        }
      }
    }
    above = row;
  }
  return q;
}

@inline function fromBits<T>(channels: i32, widths: usize, q: usize, dst: usize, dstStride: i32, w: i32, h: i32, scratch: usize): void {
  const size = <i32>sizeof<T>(), n = channels * size;
  const table = scratch + PLACES;
  memory.fill(scratch, 0, ZEROS + <usize>w * n + GROUP);
  unpackingTables(scratch);
  places(table, n, true);
  const zero = i64x2.splat(0);
  let above = scratch + ZEROS;
  for (let y = 0; y < h; y++) {
    const row = dst + <usize>y * dstStride;
    for (let x = 0; x < w; x += SIDE, widths += n) {
      let v0 = zero, v1 = zero, v2 = zero, v3 = zero, v4 = zero, v5 = zero, v6 = zero, v7 = zero;
      let width = <usize>load<u8>(widths);
      v0 = get(q, width, scratch);
      q += width << 1;
      if (n > 1) { width = <usize>load<u8>(widths, 1); v1 = get(q, width, scratch); q += width << 1; }
      if (n > 2) { width = <usize>load<u8>(widths, 2); v2 = get(q, width, scratch); q += width << 1; }
      if (n > 3) { width = <usize>load<u8>(widths, 3); v3 = get(q, width, scratch); q += width << 1; }
      if (n > 4) { width = <usize>load<u8>(widths, 4); v4 = get(q, width, scratch); q += width << 1; }
      if (n > 5) { width = <usize>load<u8>(widths, 5); v5 = get(q, width, scratch); q += width << 1; }
      if (n > 6) { width = <usize>load<u8>(widths, 6); v6 = get(q, width, scratch); q += width << 1; }
      if (n > 7) { width = <usize>load<u8>(widths, 7); v7 = get(q, width, scratch); q += width << 1; }
      if (channels > 2 && size == 1) {
        v0 = i8x16.add(v0, v1);
        v2 = i8x16.add(v2, v1);
      }
      if (size == 2) {
        v1 = i8x16.add(v1, i8x16.lt_s(v0, zero));
        v3 = i8x16.add(v3, i8x16.lt_s(v2, zero));
        v5 = i8x16.add(v5, i8x16.lt_s(v4, zero));
        v7 = i8x16.add(v7, i8x16.lt_s(v6, zero));
        if (channels > 2) {
          v0 = i8x16.add(v0, v2);
          v1 = i8x16.sub(i8x16.add(v1, v3), i8x16.lt_u(v0, v2));
          v4 = i8x16.add(v4, v2);
          v5 = i8x16.sub(i8x16.add(v5, v3), i8x16.lt_u(v4, v2));
        }
      }
      const p = row + <usize>x * n, up = above + <usize>x * n;
      const out = x + SIDE <= w ? p : scratch + TAIL;
      v128.store(out, v128.add<T>(pick(n, table, v0, v1, v2, v3, v4, v5, v6, v7), v128.load(up)));
      if (n > 1) v128.store(out, v128.add<T>(pick(n, table + 16 * n, v0, v1, v2, v3, v4, v5, v6, v7), v128.load(up, 16)), 16);
      if (n > 2) v128.store(out, v128.add<T>(pick(n, table + 32 * n, v0, v1, v2, v3, v4, v5, v6, v7), v128.load(up, 32)), 32);
      if (n > 3) v128.store(out, v128.add<T>(pick(n, table + 48 * n, v0, v1, v2, v3, v4, v5, v6, v7), v128.load(up, 48)), 48);
      for (let i = 4; i < n; i++)
        v128.store(out + (i << 4), v128.add<T>(pick(n, table + (i << 4) * n, v0, v1, v2, v3, v4, v5, v6, v7), v128.load(up + (i << 4))));
      if (out != p) memory.copy(p, out, <usize>(w - x) * n);
    }
    above = row;
  }
}

/** Two widths a byte, in place. */
export function packWidths(widths: usize, count: i32): void {
  v128.store(widths + count, i64x2.splat(0));
  for (let i = 0, q = widths; i < count; i += 16, q += 8) {
    const v = v128.load(widths + i);
    const both = v128.and(v128.or(v, i16x8.shr_u(v, 4)), i16x8.splat(255));
    store<i64>(q, i64x2.extract_lane(i8x16.narrow_i16x8_u(both, both), 0));
  }
}

/** The other way; answers their sum, or −1 if one is none or if there is more than `count`. */
export function unpackWidths(src: usize, count: i32, widths: usize): i32 {
  let sum = i64x2.splat(0), most = i64x2.splat(0);
  v128.store(src + ((count + 1) >> 1), i64x2.splat(0));
  for (let i = 0; i < count; i += 16, src += 8) {
    const both = v128.load64_zero(src);
    const v = v128.and(i8x16.shuffle(both, i16x8.shr_u(both, 4), 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), i8x16.splat(15));
    v128.store(widths + i, v);
    most = i8x16.max_u(most, v);
    sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(v)));
  }
  if (v128.any_true(i8x16.gt_u(most, i8x16.splat(8))) || (count & 1 && load<u8>(widths + count) != 0)) return -1;
  return i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
}

// A function each: one of them all takes a fifth longer, for want of registers.
export function toBits8x1(src: usize, srcStride: i32, w: i32, h: i32, widths: usize, blocks: usize, limit: usize, scratch: usize): usize {
  return toBits<u8>(1, src, srcStride, w, h, widths, blocks, limit, scratch);
}
export function toBits8x2(src: usize, srcStride: i32, w: i32, h: i32, widths: usize, blocks: usize, limit: usize, scratch: usize): usize {
  return toBits<u8>(2, src, srcStride, w, h, widths, blocks, limit, scratch);
}
export function toBits8x3(src: usize, srcStride: i32, w: i32, h: i32, widths: usize, blocks: usize, limit: usize, scratch: usize): usize {
  return toBits<u8>(3, src, srcStride, w, h, widths, blocks, limit, scratch);
}
export function toBits8x4(src: usize, srcStride: i32, w: i32, h: i32, widths: usize, blocks: usize, limit: usize, scratch: usize): usize {
  return toBits<u8>(4, src, srcStride, w, h, widths, blocks, limit, scratch);
}
export function toBits16x1(src: usize, srcStride: i32, w: i32, h: i32, widths: usize, blocks: usize, limit: usize, scratch: usize): usize {
  return toBits<u16>(1, src, srcStride, w, h, widths, blocks, limit, scratch);
}
export function toBits16x2(src: usize, srcStride: i32, w: i32, h: i32, widths: usize, blocks: usize, limit: usize, scratch: usize): usize {
  return toBits<u16>(2, src, srcStride, w, h, widths, blocks, limit, scratch);
}
export function toBits16x3(src: usize, srcStride: i32, w: i32, h: i32, widths: usize, blocks: usize, limit: usize, scratch: usize): usize {
  return toBits<u16>(3, src, srcStride, w, h, widths, blocks, limit, scratch);
}
export function toBits16x4(src: usize, srcStride: i32, w: i32, h: i32, widths: usize, blocks: usize, limit: usize, scratch: usize): usize {
  return toBits<u16>(4, src, srcStride, w, h, widths, blocks, limit, scratch);
}
export function fromBits8x1(widths: usize, blocks: usize, dst: usize, dstStride: i32, w: i32, h: i32, scratch: usize): void {
  fromBits<u8>(1, widths, blocks, dst, dstStride, w, h, scratch);
}
export function fromBits8x2(widths: usize, blocks: usize, dst: usize, dstStride: i32, w: i32, h: i32, scratch: usize): void {
  fromBits<u8>(2, widths, blocks, dst, dstStride, w, h, scratch);
}
export function fromBits8x3(widths: usize, blocks: usize, dst: usize, dstStride: i32, w: i32, h: i32, scratch: usize): void {
  fromBits<u8>(3, widths, blocks, dst, dstStride, w, h, scratch);
}
export function fromBits8x4(widths: usize, blocks: usize, dst: usize, dstStride: i32, w: i32, h: i32, scratch: usize): void {
  fromBits<u8>(4, widths, blocks, dst, dstStride, w, h, scratch);
}
export function fromBits16x1(widths: usize, blocks: usize, dst: usize, dstStride: i32, w: i32, h: i32, scratch: usize): void {
  fromBits<u16>(1, widths, blocks, dst, dstStride, w, h, scratch);
}
export function fromBits16x2(widths: usize, blocks: usize, dst: usize, dstStride: i32, w: i32, h: i32, scratch: usize): void {
  fromBits<u16>(2, widths, blocks, dst, dstStride, w, h, scratch);
}
export function fromBits16x3(widths: usize, blocks: usize, dst: usize, dstStride: i32, w: i32, h: i32, scratch: usize): void {
  fromBits<u16>(3, widths, blocks, dst, dstStride, w, h, scratch);
}
export function fromBits16x4(widths: usize, blocks: usize, dst: usize, dstStride: i32, w: i32, h: i32, scratch: usize): void {
  fromBits<u16>(4, widths, blocks, dst, dstStride, w, h, scratch);
}
