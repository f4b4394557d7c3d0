// in + amount · (in − blurred) where the difference is above the threshold; f32, rounded half up, saturating.

/** Four samples, as i32. */
@inline function sharpened(sample: v128, blurred: v128, amount: v128, threshold: v128): v128 {
  const difference = f32x4.convert_i32x4_s(i32x4.sub(sample, blurred));
  const more = v128.and(f32x4.mul(difference, amount), f32x4.gt(f32x4.abs(difference), threshold));
  const bias = f32x4.add(f32x4.convert_i32x4_s(sample), f32x4.splat(0.5));
  return i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.add(bias, more)));
}

@inline function eight(p: usize, b: usize, amount: v128, threshold: v128): v128 {
  const sample = v128.load_ext<u8>(p), blurred = v128.load_ext<u8>(b);
  return i16x8.narrow_i32x4_s(
    sharpened(i32x4.extend_low_i16x8_u(sample), i32x4.extend_low_i16x8_u(blurred), amount, threshold),
    sharpened(i32x4.extend_high_i16x8_u(sample), i32x4.extend_high_i16x8_u(blurred), amount, threshold),
  );
}

/** n samples a row. */
export function unsharp8(
  src: usize, srcStride: i32, blurred: usize, blurredStride: i32, dst: usize, dstStride: i32, n: i32, h: i32,
  amount: f32, threshold: f32,
): void {
  const a = f32x4.splat(amount), t = f32x4.splat(threshold);
  for (let y = 0; y < h; y++) {
    const p = src + <usize>y * srcStride, b = blurred + <usize>y * blurredStride, q = dst + <usize>y * dstStride;
    for (let i = 0; i < n; i += 16) {
      v128.store(q + i, i8x16.narrow_i16x8_u(eight(p + i, b + i, a, t), eight(p + i + 8, b + i + 8, a, t)));
    }
  }
}

export function unsharp16(
  src: usize, srcStride: i32, blurred: usize, blurredStride: i32, dst: usize, dstStride: i32, n: i32, h: i32,
  amount: f32, threshold: f32,
): void {
  const a = f32x4.splat(amount), t = f32x4.splat(threshold);
  for (let y = 0; y < h; y++) {
    const p = src + <usize>y * srcStride, b = blurred + <usize>y * blurredStride, q = dst + <usize>y * dstStride;
    for (let i: usize = 0; i < <usize>n << 1; i += 16) {
      const low = sharpened(v128.load_ext<u16>(p + i), v128.load_ext<u16>(b + i), a, t);
      const high = sharpened(v128.load_ext<u16>(p + i + 8), v128.load_ext<u16>(b + i + 8), a, t);
      v128.store(q + i, i16x8.narrow_i32x4_u(low, high));
    }
  }
}
