// Sobel gradient magnitude of the luma. The luma is that of luma8 and luma16, bit for bit; it is made once a row and
// kept in three lines. Sums of squares are exact (i32, f64), so the root rounds as the real one does.

/** BT.601 in pairs: the weight of green does not fit 16 bits, so half of it stands beside red and half beside blue. */
@inline function luma4(pixels: v128, redGreen: v128, blueGreen: v128): v128 {
  const first = i32x4.dot_i16x8_s(i8x16.swizzle(pixels, redGreen), i16x8(19595, 19235, 19595, 19235, 19595, 19235, 19595, 19235));
  const second = i32x4.dot_i16x8_s(i8x16.swizzle(pixels, blueGreen), i16x8(7471, 19235, 7471, 19235, 7471, 19235, 7471, 19235));
  return i32x4.shr_u(i32x4.add(i32x4.add(first, second), i32x4.splat(32768)), 16);
}

/** One row of RGB bytes to luma bytes; writes whole vectors. */
@inline function lumaRow8(p: usize, q: usize, w: i32): void {
  const redGreen = i8x16(0, -1, 1, -1, 3, -1, 4, -1, 6, -1, 7, -1, 9, -1, 10, -1);
  const blueGreen = i8x16(2, -1, 1, -1, 5, -1, 4, -1, 8, -1, 7, -1, 11, -1, 10, -1);
  for (let x = 0; x < w; x += 16, p += 48, q += 16) {
    const low = i16x8.narrow_i32x4_u(luma4(v128.load(p), redGreen, blueGreen), luma4(v128.load(p, 12), redGreen, blueGreen));
    const high = i16x8.narrow_i32x4_u(luma4(v128.load(p, 24), redGreen, blueGreen), luma4(v128.load(p, 36), redGreen, blueGreen));
    v128.store(q, i8x16.narrow_i16x8_u(low, high));
  }
}

@inline function wide(p: usize): v128 {
  return v128.load_ext<u8>(p);
}

@inline function root(squares: v128): v128 {
  // 2^23 + x holds round(x) in its low bits
  return v128.and(f32x4.add(f32x4.sqrt(f32x4.convert_i32x4_s(squares)), f32x4.splat(8388608)), i32x4.splat(0xffff));
}

@inline function sobel8(a: usize, b: usize, c: usize): v128 {
  const falling = i16x8.sub(wide(c + 2), wide(a)), rising = i16x8.sub(wide(c), wide(a + 2));
  const across = i16x8.shl(i16x8.sub(wide(b + 2), wide(b)), 1), down = i16x8.shl(i16x8.sub(wide(c + 1), wide(a + 1)), 1);
  const gx = i16x8.add(i16x8.sub(falling, rising), across);
  const gy = i16x8.add(i16x8.add(falling, rising), down);
  const low = v128.shuffle<i16>(gx, gy, 0, 8, 1, 9, 2, 10, 3, 11), high = v128.shuffle<i16>(gx, gy, 4, 12, 5, 13, 6, 14, 7, 15);
  return i16x8.narrow_i32x4_s(root(i32x4.dot_i16x8_s(low, low)), root(i32x4.dot_i16x8_s(high, high)));
}

/** 1 or 3 channels to 1. `src` is the window's first pixel, one up and left of the target's. */
export function edges8(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, lines: usize, pitch: i32,
): void {
  const colour = channels == 3;
  for (let y = 0; y < h + 2; y++) {
    if (colour) lumaRow8(src + <usize>y * srcStride, lines + <usize>(y % 3) * pitch, w + 2);
    if (y < 2) continue;
    const a = colour ? lines + <usize>((y - 2) % 3) * pitch : src + <usize>(y - 2) * srcStride;
    const b = colour ? lines + <usize>((y - 1) % 3) * pitch : src + <usize>(y - 1) * srcStride;
    const c = colour ? lines + <usize>(y % 3) * pitch : src + <usize>y * srcStride;
    const q = dst + <usize>(y - 2) * dstStride;
    for (let x = 0; x < w; x += 16) {
      v128.store(q + x, i8x16.narrow_i16x8_u(sobel8(a + x, b + x, c + x), sobel8(a + x + 8, b + x + 8, c + x + 8)));
    }
  }
}

/** One row of 16-bit samples to their luma as i32 lanes: gray as it is, colour by BT.601 (sums just fit 32 bits). */
@inline function lumaRow16(p: usize, q: usize, w: i32, channels: i32): void {
  const step = <usize>channels << 1;
  for (let x = 0; x < w; x++, p += step, q += 4) {
    const first = <u32>load<u16>(p);
    if (channels < 3) store<u32>(q, first);
    else store<u32>(q, (19595 * first + 38470 * <u32>load<u16>(p, 2) + 7471 * <u32>load<u16>(p, 4) + 32768) >> 16);
  }
}

@inline function root16(x: v128, y: v128): v128 {
  const squares = f64x2.add(f64x2.mul(x, x), f64x2.mul(y, y));
  return i32x4.trunc_sat_f64x2_u_zero(f64x2.add(f64x2.sqrt(squares), f64x2.splat(0.5)));
}

/** Four magnitudes. */
@inline function sobel16(a: usize, b: usize, c: usize): v128 {
  const falling = i32x4.sub(v128.load(c, 8), v128.load(a)), rising = i32x4.sub(v128.load(c), v128.load(a, 8));
  const across = i32x4.shl(i32x4.sub(v128.load(b, 8), v128.load(b)), 1);
  const down = i32x4.shl(i32x4.sub(v128.load(c, 4), v128.load(a, 4)), 1);
  const gx = i32x4.add(i32x4.sub(falling, rising), across);
  const gy = i32x4.add(i32x4.add(falling, rising), down);
  const low = root16(f64x2.convert_low_i32x4_s(gx), f64x2.convert_low_i32x4_s(gy));
  const gx2 = v128.shuffle<i64>(gx, gx, 1, 1), gy2 = v128.shuffle<i64>(gy, gy, 1, 1);
  const high = root16(f64x2.convert_low_i32x4_s(gx2), f64x2.convert_low_i32x4_s(gy2));
  return v128.shuffle<i64>(low, high, 0, 2);
}

/** 1 to 4 channels to 1, or to 2 where there is alpha: the last channel is then left at 0. */
export function edges16(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, lines: usize, pitch: i32,
): void {
  const alpha = (channels & 1) == 0;
  for (let y = 0; y < h + 2; y++) {
    const row = src + <usize>y * srcStride, line = lines + <usize>(y % 3) * pitch;
    if (channels == 1) lumaRow16(row, line, w + 2, 1);
    else if (channels == 2) lumaRow16(row, line, w + 2, 2);
    else if (channels == 3) lumaRow16(row, line, w + 2, 3);
    else lumaRow16(row, line, w + 2, 4);
    if (y < 2) continue;
    const a = lines + <usize>((y - 2) % 3) * pitch, b = lines + <usize>((y - 1) % 3) * pitch;
    const q = dst + <usize>(y - 2) * dstStride;
    for (let x = 0; x < w; x += 4) {
      const o = <usize>x << 2;
      const v = i32x4.min_u(sobel16(a + o, b + o, line + o), i32x4.splat(65535));
      if (alpha) v128.store(q + o, v);
      else v128.store64_lane(q + (<usize>x << 1), i16x8.narrow_i32x4_u(v, v), 0);
    }
  }
}
