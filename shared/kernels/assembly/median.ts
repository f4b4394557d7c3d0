import { middle25 } from "./median5";
import { middle49 } from "./median7";
import { hi, lo } from "./minmax";

// Medians by networks of min and max, 16 bytes or 8 words at a time. Each row's columns are sorted once, into one line
// per rank, and every target sample picks from the 3, 5 or 7 columns about it.

@inline function middle3<T>(a: v128, b: v128, c: v128): v128 {
  return hi<T>(lo<T>(a, b), lo<T>(hi<T>(a, b), c));
}

/** The median of nine is that of: the greatest of the least, the middle of the middle, the least of the greatest. */
@inline function middle9<T>(p: usize, pitch: usize, s: usize): v128 {
  const q = p + pitch, r = q + pitch;
  const least = hi<T>(hi<T>(v128.load(p), v128.load(p + s)), v128.load(p + 2 * s));
  const middle = middle3<T>(v128.load(q), v128.load(q + s), v128.load(q + 2 * s));
  const most = lo<T>(lo<T>(v128.load(r), v128.load(r + s)), v128.load(r + 2 * s));
  return middle3<T>(least, middle, most);
}

@inline function sort3<T>(p: usize, stride: usize, to: usize, pitch: usize): void {
  const a = v128.load(p), b = v128.load(p + stride), c = v128.load(p + 2 * stride);
  const least = lo<T>(a, b), most = hi<T>(a, b);
  const m = lo<T>(most, c);
  v128.store(to, lo<T>(least, m));
  v128.store(to + pitch, hi<T>(least, m));
  v128.store(to + 2 * pitch, hi<T>(most, c));
}

/** Exchanges two vectors that lie in memory so that the first is the lesser, sample by sample. */
@inline function order<T>(to: usize, pitch: usize, i: i32, j: i32): void {
  const p = to + <usize>i * pitch, q = to + <usize>j * pitch;
  const a = v128.load(p), b = v128.load(q);
  v128.store(p, lo<T>(a, b));
  v128.store(q, hi<T>(a, b));
}

@inline function gather(p: usize, stride: usize, to: usize, pitch: usize, count: i32): void {
  for (let i = 0; i < count; i++) v128.store(to + <usize>i * pitch, v128.load(p + <usize>i * stride));
}

/** Nine comparators, the fewest that sort five. */
@inline function sort5<T>(p: usize, stride: usize, to: usize, pitch: usize): void {
  gather(p, stride, to, pitch, 5);
  order<T>(to, pitch, 0, 3); order<T>(to, pitch, 1, 4);
  order<T>(to, pitch, 0, 2); order<T>(to, pitch, 1, 3);
  order<T>(to, pitch, 0, 1); order<T>(to, pitch, 2, 4);
  order<T>(to, pitch, 1, 2); order<T>(to, pitch, 3, 4);
  order<T>(to, pitch, 2, 3);
}

/** Sixteen comparators, the fewest that sort seven. */
@inline function sort7<T>(p: usize, stride: usize, to: usize, pitch: usize): void {
  gather(p, stride, to, pitch, 7);
  order<T>(to, pitch, 0, 6); order<T>(to, pitch, 2, 3); order<T>(to, pitch, 4, 5);
  order<T>(to, pitch, 0, 2); order<T>(to, pitch, 1, 4); order<T>(to, pitch, 3, 6);
  order<T>(to, pitch, 0, 1); order<T>(to, pitch, 2, 5); order<T>(to, pitch, 3, 4);
  order<T>(to, pitch, 1, 2); order<T>(to, pitch, 4, 6);
  order<T>(to, pitch, 2, 3); order<T>(to, pitch, 4, 5);
  order<T>(to, pitch, 1, 2); order<T>(to, pitch, 3, 4); order<T>(to, pitch, 5, 6);
}

/** `src` is the window's first sample, `radius` up and left of the target's; `lines` has 2r + 1 lines, `pitch` apart. */
@inline function median<T>(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, radius: i32, lines: usize, pitch: usize,
): void {
  const step = <usize>channels * sizeof<T>();
  const bytes = <usize>w * step, row = bytes + 2 * <usize>radius * step;
  const stride = <usize>srcStride;
  for (let y = 0; y < h; y++) {
    const p = src + <usize>y * stride, q = dst + <usize>y * dstStride;
    if (radius == 1) {
      for (let i: usize = 0; i < row; i += 16) sort3<T>(p + i, stride, lines + i, pitch);
      for (let i: usize = 0; i < bytes; i += 16) v128.store(q + i, middle9<T>(lines + i, pitch, step));
    } else if (radius == 2) {
      for (let i: usize = 0; i < row; i += 16) sort5<T>(p + i, stride, lines + i, pitch);
      for (let i: usize = 0; i < bytes; i += 16) v128.store(q + i, middle25<T>(lines + i, pitch, step));
    } else {
      for (let i: usize = 0; i < row; i += 16) sort7<T>(p + i, stride, lines + i, pitch);
      for (let i: usize = 0; i < bytes; i += 16) v128.store(q + i, middle49<T>(lines + i, pitch, step));
    }
  }
}

export function median8(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, radius: i32, lines: usize, pitch: i32,
): void {
  median<u8>(src, srcStride, dst, dstStride, w, h, channels, radius, lines, pitch);
}
export function median16(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, radius: i32, lines: usize, pitch: i32,
): void {
  median<u16>(src, srcStride, dst, dstStride, w, h, channels, radius, lines, pitch);
}
