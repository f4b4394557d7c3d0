/** 8.16 weights of ITU-R BT.601 luma; they sum to 65536, so that gray stays what it was. */
@inline export function lumaOf(r: u32, g: u32, b: u32): u32 {
  return <u32>((<u64>19595 * r + <u64>38470 * g + <u64>7471 * b + 32768) >> 16);
}

@inline function luma<T>(src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32): void {
  const size = sizeof<T>();
  const step = <usize>channels * size;
  const alpha = channels == 4;
  for (let y = 0; y < h; y++) {
    let p = src + <usize>y * srcStride, q = dst + <usize>y * dstStride;
    for (let x = 0; x < w; x++, p += step) {
      // 8-bit sums stay within 32 bits
      if (size == 1) store<T>(q, <T>((19595 * <u32>load<T>(p) + 38470 * <u32>load<T>(p + 1) + 7471 * <u32>load<T>(p + 2) + 32768) >> 16));
      else store<T>(q, <T>lumaOf(<u32>load<T>(p), <u32>load<T>(p + size), <u32>load<T>(p + 2 * size)));
      q += size;
      if (alpha) { store<T>(q, load<T>(p + 3 * size)); q += size; }
    }
  }
}

export function luma8(src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32): void {
  luma<u8>(src, srcStride, dst, dstStride, w, h, channels);
}
export function luma16(src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32): void {
  luma<u16>(src, srcStride, dst, dstStride, w, h, channels);
}

/** One vector a pixel: its lanes are the red, green and blue that come out. */
@inline function matrix<T>(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, colours: i32, columns: usize,
): void {
  const size = sizeof<T>();
  const step = <usize>channels * size;
  const alpha = (channels & 1) == 0;
  const gray = channels < 3;
  const red = v128.load(columns), green = v128.load(columns, 16), blue = v128.load(columns, 32);
  const offset = f32x4.add(v128.load(columns, 48), f32x4.splat(0.5));
  const max = i32x4.splat(size == 1 ? 255 : 65535);
  for (let y = 0; y < h; y++) {
    let p = src + <usize>y * srcStride, q = dst + <usize>y * dstStride;
    for (let x = 0; x < w; x++, p += step) {
      const r = f32x4.splat(<f32><u32>load<T>(p));
      const g = gray ? r : f32x4.splat(<f32><u32>load<T>(p + size));
      const b = gray ? r : f32x4.splat(<f32><u32>load<T>(p + 2 * size));
      const sum = f32x4.add(f32x4.add(f32x4.mul(red, r), f32x4.mul(green, g)), f32x4.add(f32x4.mul(blue, b), offset));
      const v = i32x4.min_u(i32x4.trunc_sat_f32x4_u(f32x4.floor(sum)), max);
      store<T>(q, <T>i32x4.extract_lane(v, 0));
      q += size;
      if (colours == 3) {
        store<T>(q, <T>i32x4.extract_lane(v, 1));
        store<T>(q + size, <T>i32x4.extract_lane(v, 2));
        q += 2 * size;
      }
      if (alpha) { store<T>(q, load<T>(p + step - size)); q += size; }
    }
  }
}

export function matrix8(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, colours: i32, columns: usize,
): void {
  matrix<u8>(src, srcStride, dst, dstStride, w, h, channels, colours, columns);
}
export function matrix16(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, colours: i32, columns: usize,
): void {
  matrix<u16>(src, srcStride, dst, dstStride, w, h, channels, colours, columns);
}
