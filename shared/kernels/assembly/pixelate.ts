// Mean of each block, rounded half up. A row of blocks is summed down its columns into `sums` (u16 for bytes: blocks
// are at most 256 high; u32 for 16 bit), the sums are added block by block, and the row that comes out is repeated.

@inline function addRow<T>(p: usize, sums: usize, n: i32): void {
  for (let i = 0; i < n; i += 8) {
    if (sizeof<T>() == 1) {
      const at = sums + (<usize>i << 1);
      v128.store(at, i16x8.add(v128.load(at), v128.load_ext<u8>(p + i)));
    } else {
      const at = sums + (<usize>i << 2), from = p + (<usize>i << 1);
      v128.store(at, i32x4.add(v128.load(at), v128.load_ext<u16>(from)));
      v128.store(at, i32x4.add(v128.load(at, 16), v128.load_ext<u16>(from, 8)), 16);
    }
  }
}

@inline function sumAt<T>(sums: usize, i: i32): u32 {
  return sizeof<T>() == 1 ? <u32>load<u16>(sums + (<usize>i << 1)) : load<u32>(sums + (<usize>i << 2));
}

/** One row of blocks of `rows` rows, from the sums of its columns to samples. */
@inline function means<T>(sums: usize, line: usize, w: i32, channels: i32, size: i32, rows: i32): void {
  for (let x = 0; x < w; x += size) {
    const wide = min(size, w - x);
    const count = <u32>(wide * rows);
    for (let k = 0; k < channels; k++) {
      let sum: u32 = count >> 1;
      for (let i = 0; i < wide; i++) sum += sumAt<T>(sums, (x + i) * channels + k);
      const mean = <T>(sum / count);
      for (let i = 0; i < wide; i++) store<T>(line + <usize>((x + i) * channels + k) * sizeof<T>(), mean);
    }
  }
}

/**
 * The source begins on the grid of blocks and is w × h pixels; the target, targetW × targetH, begins `left` pixels to
 * its right and `top` below.
 */
@inline function pixelate<T>(
  src: usize, srcStride: i32, w: i32, h: i32, dst: usize, dstStride: i32, left: i32, top: i32, targetW: i32, targetH: i32,
  channels: i32, size: i32, sums: usize, line: usize,
): void {
  const n = w * channels;
  const pixel = <usize>channels * sizeof<T>();
  for (let block = 0; block < h; block += size) {
    const rows = min(size, h - block);
    memory.fill(sums, 0, <usize>n * sizeof<T>() * 2);
    for (let y = 0; y < rows; y++) addRow<T>(src + <usize>(block + y) * srcStride, sums, n);
    if (channels == 1) means<T>(sums, line, w, 1, size, rows);
    else if (channels == 3) means<T>(sums, line, w, 3, size, rows);
    else means<T>(sums, line, w, channels, size, rows);
    const end = min(block + rows - top, targetH);
    for (let y = max(block - top, 0); y < end; y++) {
      memory.copy(dst + <usize>y * dstStride, line + <usize>left * pixel, <usize>targetW * pixel);
    }
  }
}

export function pixelate8(
  src: usize, srcStride: i32, w: i32, h: i32, dst: usize, dstStride: i32, left: i32, top: i32, targetW: i32, targetH: i32,
  channels: i32, size: i32, sums: usize, line: usize,
): void {
  pixelate<u8>(src, srcStride, w, h, dst, dstStride, left, top, targetW, targetH, channels, size, sums, line);
}
export function pixelate16(
  src: usize, srcStride: i32, w: i32, h: i32, dst: usize, dstStride: i32, left: i32, top: i32, targetW: i32, targetH: i32,
  channels: i32, size: i32, sums: usize, line: usize,
): void {
  pixelate<u16>(src, srcStride, w, h, dst, dstStride, left, top, targetW, targetH, channels, size, sums, line);
}
