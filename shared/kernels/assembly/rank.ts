// Erosion and dilation: the least or greatest of a (2r + 1)² square, along the row and then down. A window of 2^k is
// two windows of half its size, and any window is two overlapping ones of a power of two, so the cost grows with log r.

@inline function pick<T>(a: v128, b: v128, most: bool): v128 {
  return most ? v128.max<T>(a, b) : v128.min<T>(a, b);
}

/** to[i] = the better of from[i] and from[i + apart], for `bytes` bytes; upwards, so it may work in place. */
@inline function fold<T>(from: usize, to: usize, apart: usize, bytes: usize, most: bool): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, pick<T>(v128.load(from + i), v128.load(from + i + apart), most));
}

/** r = 1 needs no plane in between: three rows into a line, three samples of it into the target. */
@inline function nine<T>(src: usize, srcStride: i32, dst: usize, dstStride: i32, n: i32, h: i32, step: usize, most: bool, line: usize): void {
  const s = <usize>srcStride;
  const bytes = <usize>n * sizeof<T>();
  for (let y = 0; y < h; y++) {
    const p = src + <usize>y * s, q = dst + <usize>y * dstStride;
    for (let i: usize = 0; i < bytes + 2 * step; i += 16) {
      v128.store(line + i, pick<T>(pick<T>(v128.load(p + i), v128.load(p + i + s), most), v128.load(p + i + 2 * s), most));
    }
    for (let i: usize = 0; i < bytes; i += 16) {
      const l = line + i;
      v128.store(q + i, pick<T>(pick<T>(v128.load(l), v128.load(l + step), most), v128.load(l + 2 * step), most));
    }
  }
}

/** `plane` has room for h + 2r rows of n samples, rows `pitch` bytes apart; `line` for one source row. */
@inline function rank<T>(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, radius: i32, most: bool,
  line: usize, plane: usize, pitch: i32,
): void {
  const n = w * channels;
  const step = <usize>channels * sizeof<T>();
  if (radius == 1) {
    nine<T>(src, srcStride, dst, dstStride, n, h, step, most, line);
    return;
  }
  const side = 2 * radius + 1;
  const bytes = <usize>n * sizeof<T>(), row = bytes + 2 * <usize>radius * step;
  const rows = h + 2 * radius;
  for (let y = 0; y < rows; y++) {
    fold<T>(src + <usize>y * srcStride, line, step, row, most);
    let span = 2;
    for (; span * 2 <= side; span *= 2) fold<T>(line, line, <usize>span * step, row, most);
    fold<T>(line, plane + <usize>y * pitch, <usize>(side - span) * step, bytes, most);
  }
  let span = 1;
  for (; span * 2 <= side; span *= 2) {
    for (let y = 0; y + span < rows; y++) {
      const at = plane + <usize>y * pitch;
      fold<T>(at, at, <usize>span * pitch, bytes, most);
    }
  }
  for (let y = 0; y < h; y++) {
    fold<T>(plane + <usize>y * pitch, dst + <usize>y * dstStride, <usize>(side - span) * pitch, bytes, most);
  }
}

export function erode8(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, radius: i32, line: usize, plane: usize, pitch: i32,
): void {
  rank<u8>(src, srcStride, dst, dstStride, w, h, channels, radius, false, line, plane, pitch);
}
export function erode16(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, radius: i32, line: usize, plane: usize, pitch: i32,
): void {
  rank<u16>(src, srcStride, dst, dstStride, w, h, channels, radius, false, line, plane, pitch);
}
export function dilate8(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, radius: i32, line: usize, plane: usize, pitch: i32,
): void {
  rank<u8>(src, srcStride, dst, dstStride, w, h, channels, radius, true, line, plane, pitch);
}
export function dilate16(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, radius: i32, line: usize, plane: usize, pitch: i32,
): void {
  rank<u16>(src, srcStride, dst, dstStride, w, h, channels, radius, true, line, plane, pitch);
}
