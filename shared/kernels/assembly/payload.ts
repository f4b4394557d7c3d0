// Pixels as planes of bytes that an entropy coder likes, and back. In between a pixel is always four samples (a missing
// channel is 0), so that every format takes the same way: 4 pixels of 8 bits a vector, or 2 of 16.
//
// The predictor is the median of left, above and left + above − aboveLeft (LOCO-I, JPEG-LS). What lies left of the first
// column and above the first row is 0, which makes it "above" and "left" there by itself.

/** Free bytes before a line's first pixel (they stay 0) and after its last. */
const BEFORE: usize = 16;
const AFTER: usize = 112;

@inline function pitchOf<T>(w: i32): usize {
  return BEFORE + ((<usize>w * 4 * sizeof<T>() + 15) & ~15) + AFTER;
}

// Without a bit more than the samples have: where `c` is not between `a` and `b` the clamp leaves the other one.
@inline function rest<T>(a: v128, b: v128, c: v128, more: v128): v128 {
  const low = v128.min<T>(a, b), high = v128.max<T>(a, b);
  return v128.sub<T>(v128.add<T>(v128.add<T>(low, high), more), v128.min<T>(v128.max<T>(c, low), high));
}

/** From packed pixels to four samples a pixel. */
@inline function spread<T>(channels: i32): v128 {
  if (sizeof<T>() == 1) {
    if (channels == 1) return i8x16(0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3, -1, -1, -1);
    if (channels == 2) return i8x16(0, 1, -1, -1, 2, 3, -1, -1, 4, 5, -1, -1, 6, 7, -1, -1);
    if (channels == 3) return i8x16(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
  } else {
    if (channels == 1) return i8x16(0, 1, -1, -1, -1, -1, -1, -1, 2, 3, -1, -1, -1, -1, -1, -1);
    if (channels == 2) return i8x16(0, 1, 2, 3, -1, -1, -1, -1, 4, 5, 6, 7, -1, -1, -1, -1);
    if (channels == 3) return i8x16(0, 1, 2, 3, 4, 5, -1, -1, 6, 7, 8, 9, 10, 11, -1, -1);
  }
  return i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/** The other way. */
@inline function pack<T>(channels: i32): v128 {
  if (sizeof<T>() == 1) {
    if (channels == 1) return i8x16(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    if (channels == 2) return i8x16(0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1);
    if (channels == 3) return i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  } else {
    if (channels == 1) return i8x16(0, 1, 8, 9, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    if (channels == 2) return i8x16(0, 1, 2, 3, 8, 9, 10, 11, -1, -1, -1, -1, -1, -1, -1, -1);
    if (channels == 3) return i8x16(0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, -1, -1, -1, -1);
  }
  return i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/** Green to where red and blue are. */
@inline function green<T>(channels: i32): v128 {
  if (channels < 3) return i8x16.splat(-1);
  if (sizeof<T>() == 1) return i8x16(1, -1, 1, -1, 5, -1, 5, -1, 9, -1, 9, -1, 13, -1, 13, -1);
  return i8x16(2, 3, -1, -1, 2, 3, -1, -1, 10, 11, -1, -1, 10, 11, -1, -1);
}

/** Red − green is about 0: moved to the middle of the range, since the median knows no wrapping around. */
@inline function middle<T>(channels: i32): v128 {
  if (channels < 3) return i64x2.splat(0);
  return sizeof<T>() == 1 ? i32x4.splat(0x00800080) : i64x2.splat(0x0000800000008000);
}

@inline function words(a: v128, b: v128, high: bool): v128 {
  return high ? v128.shuffle<u32>(a, b, 2, 6, 3, 7) : v128.shuffle<u32>(a, b, 0, 4, 1, 5);
}

/** Sixteen pixels of four bytes to sixteen bytes in each of the first `channels` planes. */
@inline function split16(p: usize, q: usize, plane: usize, channels: i32): void {
  const order = i8x16(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const a = i8x16.swizzle(v128.load(p), order), b = i8x16.swizzle(v128.load(p, 16), order);
  const c = i8x16.swizzle(v128.load(p, 32), order), d = i8x16.swizzle(v128.load(p, 48), order);
  const ac = words(a, c, false), bd = words(b, d, false);
  v128.store(q, words(ac, bd, false));
  if (channels > 1) v128.store(q + plane, words(ac, bd, true));
  if (channels < 3) return;
  const acHigh = words(a, c, true), bdHigh = words(b, d, true);
  v128.store(q + 2 * plane, words(acHigh, bdHigh, false));
  if (channels > 3) v128.store(q + 3 * plane, words(acHigh, bdHigh, true));
}

/** A line of four bytes a pixel to planes. Never past a row's end: the next plane's first row is there already. */
@inline function split(p: usize, q: usize, plane: usize, w: i32, channels: i32): void {
  let x = 0;
  for (; x + 16 <= w; x += 16) split16(p + ((<usize>x) << 2), q + x, plane, channels);
  if (x == w) return;
  if (w >= 16) {
    x = w - 16;
    split16(p + ((<usize>x) << 2), q + x, plane, channels);
  } else {
    for (; x < w; x++)
      for (let k = 0; k < channels; k++) store<u8>(q + x + <usize>k * plane, load<u8>(p + ((<usize>x) << 2) + k));
  }
}

/** Planes to a line of four bytes a pixel; writes up to fifteen pixels too many. */
@inline function join(p: usize, q: usize, plane: usize, w: i32, channels: i32): void {
  const none = i64x2.splat(0);
  for (let x = 0; x < w; x += 16, p += 16, q += 64) {
    const a = v128.load(p);
    const b = channels > 1 ? v128.load(p + plane) : none;
    const c = channels > 2 ? v128.load(p + 2 * plane) : none;
    const d = channels > 3 ? v128.load(p + 3 * plane) : none;
    const ab = i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const cd = i8x16.shuffle(c, d, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const abHigh = i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const cdHigh = i8x16.shuffle(c, d, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    v128.store(q, v128.shuffle<u16>(ab, cd, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(q, v128.shuffle<u16>(ab, cd, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    v128.store(q, v128.shuffle<u16>(abHigh, cdHigh, 0, 8, 1, 9, 2, 10, 3, 11), 32);
    v128.store(q, v128.shuffle<u16>(abHigh, cdHigh, 4, 12, 5, 13, 6, 14, 7, 15), 48);
  }
}

@inline function residual<T>(line: usize, above: usize): v128 {
  const step = 4 * sizeof<T>();
  const zero = i64x2.splat(0);
  return v128.sub<T>(v128.load(line), rest<T>(v128.load(line - step), v128.load(above), v128.load(above - step), zero));
}

/** Small differences of either sign become small numbers, so that their high bytes are 0. */
@inline function zigzag(v: v128): v128 {
  return v128.xor(i16x8.shl(v, 1), i16x8.shr_s(v, 15));
}
@inline function unzigzag(v: v128): v128 {
  return v128.xor(i16x8.shr_u(v, 1), i16x8.neg(v128.and(v, i16x8.splat(1))));
}

@inline function toPlanes<T>(src: usize, srcStride: i32, w: i32, h: i32, channels: i32, planes: usize, lines: usize): void {
  const size = sizeof<T>();
  const pitch = pitchOf<T>(w);
  const plane = <usize>w * h;
  const spreading = spread<T>(channels), greens = green<T>(channels), bias = middle<T>(channels);
  const low = i16x8.splat(255);
  let line = lines + BEFORE, above = line + pitch;
  const out = above + pitch, outLow = out + (pitch >> 1);
  const step = <usize>channels * 4;
  memory.fill(lines, 0, 2 * pitch);
  for (let y = 0; y < h; y++) {
    let p = src + <usize>y * srcStride;
    const end = line + <usize>w * 4 * size;
    for (let q = line; q < end; q += 16, p += step) {
      const v = i8x16.swizzle(v128.load(p), spreading);
      v128.store(q, v128.xor(v128.sub<T>(v, i8x16.swizzle(v, greens)), bias));
    }
    const row = planes + <usize>y * w;
    if (size == 1) {
      for (let i: usize = 0; line + i < end; i += 16) v128.store(out + i, residual<T>(line + i, above + i));
      split(out, row, plane, w, channels);
    } else {
      for (let i: usize = 0; line + i < end; i += 32) {
        const a = zigzag(residual<T>(line + i, above + i)), b = zigzag(residual<T>(line + i + 16, above + i + 16));
        v128.store(out + (i >> 1), i8x16.narrow_i16x8_u(i16x8.shr_u(a, 8), i16x8.shr_u(b, 8)));
        v128.store(outLow + (i >> 1), i8x16.narrow_i16x8_u(v128.and(a, low), v128.and(b, low)));
      }
      split(out, row, plane, w, channels);
      split(outLow, row + plane * channels, plane, w, channels);
    }
    const swap = line;
    line = above;
    above = swap;
  }
}

/** A line of differences from its planes; of 16 bits by way of two lines of bytes. */
@inline function differences<T>(row: usize, plane: usize, w: i32, channels: i32, line: usize, bytes: usize): void {
  if (sizeof<T>() == 1) {
    join(row, line, plane, w, channels);
  } else {
    const bytesLow = bytes + (pitchOf<T>(w) >> 1);
    join(row, bytes, plane, w, channels);
    join(row + plane * channels, bytesLow, plane, w, channels);
    for (let i: usize = 0; i < <usize>w * 4; i += 16) {
      const high = v128.load(bytes + i), low = v128.load(bytesLow + i);
      v128.store(line + 2 * i, unzigzag(i8x16.shuffle(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)));
      v128.store(line + 2 * i, unzigzag(i8x16.shuffle(low, high, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)), 16);
    }
  }
}

// A pixel needs the one before, so a row alone would leave most of a vector idle and wait for every step. Rows go side
// by side, each one pixel behind the one above it: then `above` of all rows is the last step's result moved by one row,
// and `aboveLeft` is the last step's `above`. The zeros before a line stay 0 by this, for their differences are 0.

/** Four lines of 8 bits, `pitch` apart, from differences to values in place. */
@inline function undo8(line: usize, pitch: usize, above: usize, w: i32): void {
  let left = i64x2.splat(0), corner = left;
  const row1 = line + pitch - 4, row2 = row1 + pitch - 4, row3 = row2 + pitch - 4;
  const end = (<usize>w + 3) << 2;
  for (let i: usize = 0; i < end; i += 16) {
    const r0 = v128.load(line + i), r1 = v128.load(row1 + i), r2 = v128.load(row2 + i), r3 = v128.load(row3 + i);
    const r02 = words(r0, r2, false), r13 = words(r1, r3, false), s02 = words(r0, r2, true), s13 = words(r1, r3, true);
    const top = v128.load(above + i);
    let up = v128.shuffle<u32>(top, left, 0, 4, 5, 6);
    const a = rest<u8>(left, up, corner, words(r02, r13, false));
    corner = up;
    up = v128.shuffle<u32>(top, a, 1, 4, 5, 6);
    const b = rest<u8>(a, up, corner, words(r02, r13, true));
    corner = up;
    up = v128.shuffle<u32>(top, b, 2, 4, 5, 6);
    const c = rest<u8>(b, up, corner, words(s02, s13, false));
    corner = up;
    up = v128.shuffle<u32>(top, c, 3, 4, 5, 6);
    left = rest<u8>(c, up, corner, words(s02, s13, true));
    corner = up;
    const ac = words(a, c, false), bd = words(b, left, false), acHigh = words(a, c, true), bdHigh = words(b, left, true);
    v128.store(line + i, words(ac, bd, false));
    v128.store(row1 + i, words(ac, bd, true));
    v128.store(row2 + i, words(acHigh, bdHigh, false));
    v128.store(row3 + i, words(acHigh, bdHigh, true));
  }
}

/** Two lines of 16 bits. */
@inline function undo16(line: usize, pitch: usize, above: usize, w: i32): void {
  let left = i64x2.splat(0), corner = left;
  const row1 = line + pitch - 8;
  const end = (<usize>w + 1) << 3;
  for (let i: usize = 0; i < end; i += 16) {
    const r0 = v128.load(line + i), r1 = v128.load(row1 + i), top = v128.load(above + i);
    let up = v128.shuffle<u64>(top, left, 0, 2);
    const a = rest<u16>(left, up, corner, v128.shuffle<u64>(r0, r1, 0, 2));
    corner = up;
    up = v128.shuffle<u64>(top, a, 1, 2);
    left = rest<u16>(a, up, corner, v128.shuffle<u64>(r0, r1, 1, 3));
    corner = up;
    v128.store(line + i, v128.shuffle<u64>(a, left, 0, 2));
    v128.store(row1 + i, v128.shuffle<u64>(a, left, 1, 3));
  }
}

@inline function fromPlanes<T>(planes: usize, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, lines: usize): void {
  const size = sizeof<T>();
  const rows = size == 1 ? 4 : 2;
  const pitch = pitchOf<T>(w);
  const plane = <usize>w * h;
  const packing = pack<T>(channels), greens = green<T>(channels), bias = middle<T>(channels);
  const above = lines + BEFORE, first = above + pitch, bytes = first + pitch * rows;
  const step = <usize>channels * 4;
  memory.fill(lines, 0, <usize>(rows + 1) * pitch);
  for (let y = 0; y < h; y += rows) {
    const count = min(rows, h - y);
    for (let k = 0; k < count; k++)
      differences<T>(planes + <usize>(y + k) * w, plane, w, channels, first + <usize>k * pitch, bytes);
    if (size == 1) undo8(first, pitch, above, w);
    else undo16(first, pitch, above, w);
    for (let k = 0; k < count; k++) {
      let q = dst + <usize>(y + k) * dstStride, p = first + <usize>k * pitch;
      const end = p + <usize>w * 4 * size;
      for (; p < end; p += 16, q += step) {
        const v = v128.xor(v128.load(p), bias);
        v128.store(q, i8x16.swizzle(v128.add<T>(v, i8x16.swizzle(v, greens)), packing));
      }
    }
    memory.copy(above, first + <usize>(rows - 1) * pitch, <usize>w * 4 * size);
  }
}

export function toPlanes8(src: usize, srcStride: i32, w: i32, h: i32, channels: i32, planes: usize, lines: usize): void {
  toPlanes<u8>(src, srcStride, w, h, channels, planes, lines);
}
export function toPlanes16(src: usize, srcStride: i32, w: i32, h: i32, channels: i32, planes: usize, lines: usize): void {
  toPlanes<u16>(src, srcStride, w, h, channels, planes, lines);
}
export function fromPlanes8(planes: usize, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, lines: usize): void {
  fromPlanes<u8>(planes, dst, dstStride, w, h, channels, lines);
}
export function fromPlanes16(planes: usize, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, lines: usize): void {
  fromPlanes<u16>(planes, dst, dstStride, w, h, channels, lines);
}
