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
    const done = size == 1 && channels == 3 ? lumaRow8(p, q, w) : 0;
    p += <usize>done * 3;
    q += done;
    for (let x = done; x < w; x++, p += step) {
      // 8-bit sums stay within 32 bits
      if (size == 1) store<T>(q, <T>((19595 * <u32>load<T>(p) + 38470 * <u32>load<T>(p + 1) + 7471 * <u32>load<T>(p + 2) + 32768) >> 16));
      else store<T>(q, <T>lumaOf(<u32>load<T>(p), <u32>load<T>(p + size), <u32>load<T>(p + 2 * size)));
      q += size;
      if (alpha) { store<T>(q, load<T>(p + 3 * size)); q += size; }
    }
  }
}

// Sixteen pixels r g b in three vectors, and one of their channels in one: 6, 5 and 5 bytes out of each.
@inline function redOf(a: v128, b: v128, c: v128): v128 {
  const ab = i8x16.shuffle(a, b, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0);
  return i8x16.shuffle(ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29);
}
@inline function greenOf(a: v128, b: v128, c: v128): v128 {
  const ab = i8x16.shuffle(a, b, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 0, 0, 0, 0, 0);
  return i8x16.shuffle(ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30);
}
@inline function blueOf(a: v128, b: v128, c: v128): v128 {
  const ab = i8x16.shuffle(a, b, 2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 0, 0, 0, 0, 0, 0);
  return i8x16.shuffle(ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19, 22, 25, 28, 31);
}

// Luma of eight pixels whose channels stand in 16-bit lanes.
@inline function luma16x8(r: v128, g: v128, b: v128): v128 {
  const red = i16x8.splat(19595), green = i16x8.splat(<i16>38470), blue = i16x8.splat(7471);
  const half = i32x4.splat(32768);
  const low = i32x4.add(
    i32x4.add(i32x4.extmul_low_i16x8_u(r, red), i32x4.extmul_low_i16x8_u(g, green)),
    i32x4.add(i32x4.extmul_low_i16x8_u(b, blue), half));
  const high = i32x4.add(
    i32x4.add(i32x4.extmul_high_i16x8_u(r, red), i32x4.extmul_high_i16x8_u(g, green)),
    i32x4.add(i32x4.extmul_high_i16x8_u(b, blue), half));
  return i16x8.narrow_i32x4_u(i32x4.shr_u(low, 16), i32x4.shr_u(high, 16));
}

/** Three channels of 8 bits, sixteen pixels at a time; gives how many of a row's pixels are done. */
@inline function lumaRow8(p: usize, q: usize, w: i32): i32 {
  let x = 0;
  for (; x + 16 <= w; x += 16, p += 48, q += 16) {
    const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32);
    const red = redOf(a, b, c), green = greenOf(a, b, c), blue = blueOf(a, b, c);
    v128.store(q, i8x16.narrow_i16x8_u(
      luma16x8(i16x8.extend_low_i8x16_u(red), i16x8.extend_low_i8x16_u(green), i16x8.extend_low_i8x16_u(blue)),
      luma16x8(i16x8.extend_high_i8x16_u(red), i16x8.extend_high_i8x16_u(green), i16x8.extend_high_i8x16_u(blue))));
  }
  return x;
}

export function luma8(src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32): void {
  luma<u8>(src, srcStride, dst, dstStride, w, h, channels);
}
export function luma16(src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32): void {
  luma<u16>(src, srcStride, dst, dstStride, w, h, channels);
}

// Four samples of each channel in, four of one channel out. Negative sums become 0 by the conversion.
@inline function mixed4(r: v128, g: v128, b: v128, row: usize): v128 {
  const sum = f32x4.add(
    f32x4.add(f32x4.mul(v128.load32_splat(row), r), f32x4.mul(v128.load32_splat(row, 16), g)),
    f32x4.add(f32x4.mul(v128.load32_splat(row, 32), b), f32x4.add(v128.load32_splat(row, 48), f32x4.splat(0.5))));
  return i32x4.trunc_sat_f32x4_u(sum);
}

// The four quarters of sixteen bytes as floats.
@inline function quarter(v: v128, n: i32): v128 {
  const half = n < 2 ? i16x8.extend_low_i8x16_u(v) : i16x8.extend_high_i8x16_u(v);
  return f32x4.convert_i32x4_u((n & 1) == 0 ? i32x4.extend_low_i16x8_u(half) : i32x4.extend_high_i16x8_u(half));
}

/** As `matrix`, three channels of 8 bits to three, sixteen pixels at a time: the same sums in the same order. */
@inline function matrixRow8(p: usize, q: usize, w: i32, columns: usize): i32 {
  let x = 0;
  for (; x + 16 <= w; x += 16, p += 48, q += 48) {
    const a = v128.load(p), b = v128.load(p, 16), c = v128.load(p, 32);
    const red = redOf(a, b, c), green = greenOf(a, b, c), blue = blueOf(a, b, c);
    const r0 = quarter(red, 0), r1 = quarter(red, 1), r2 = quarter(red, 2), r3 = quarter(red, 3);
    const g0 = quarter(green, 0), g1 = quarter(green, 1), g2 = quarter(green, 2), g3 = quarter(green, 3);
    const b0 = quarter(blue, 0), b1 = quarter(blue, 1), b2 = quarter(blue, 2), b3 = quarter(blue, 3);
    const outR = bytesOf(mixed4(r0, g0, b0, columns), mixed4(r1, g1, b1, columns), mixed4(r2, g2, b2, columns), mixed4(r3, g3, b3, columns));
    const rowG = columns + 4;
    const outG = bytesOf(mixed4(r0, g0, b0, rowG), mixed4(r1, g1, b1, rowG), mixed4(r2, g2, b2, rowG), mixed4(r3, g3, b3, rowG));
    const rowB = columns + 8;
    const outB = bytesOf(mixed4(r0, g0, b0, rowB), mixed4(r1, g1, b1, rowB), mixed4(r2, g2, b2, rowB), mixed4(r3, g3, b3, rowB));
    const rg0 = i8x16.shuffle(outR, outG, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
    const rg1 = i8x16.shuffle(outR, outG, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
    const rg2 = i8x16.shuffle(outR, outG, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
    v128.store(q, i8x16.shuffle(rg0, outB, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15));
    v128.store(q, i8x16.shuffle(rg1, outB, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15), 16);
    v128.store(q, i8x16.shuffle(rg2, outB, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31), 32);
  }
  return x;
}

@inline function bytesOf(a: v128, b: v128, c: v128, d: v128): v128 {
  const most = i32x4.splat(255);
  return i8x16.narrow_i16x8_u(
    i16x8.narrow_i32x4_u(i32x4.min_u(a, most), i32x4.min_u(b, most)),
    i16x8.narrow_i32x4_u(i32x4.min_u(c, most), i32x4.min_u(d, most)));
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
    const done = size == 1 && channels == 3 && colours == 3 ? matrixRow8(p, q, w, columns) : 0;
    p += <usize>done * 3;
    q += <usize>done * 3;
    for (let x = done; x < w; x++, p += step) {
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
