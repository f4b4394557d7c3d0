// Convolution of interleaved samples by a small kernel. `src` is the sample under the kernel's centre. Integer sums
// are exact, whatever their order; float sums go tap by tap. Both end in the same rounding, so that a kernel gives
// the same pixels whichever way it is computed.

@inline function wide(p: usize): v128 {
  return v128.load_ext<u8>(p);
}

/** sum / divisor + offset, rounded half up. `bias` is offset + 0.5. */
@inline function settle(sum: v128, divisor: v128, bias: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.add(f32x4.div(sum, divisor), bias)));
}

@inline function settle8(sum: v128, divisor: v128, bias: v128): v128 {
  const low = settle(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(sum)), divisor, bias);
  const high = settle(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(sum)), divisor, bias);
  return i16x8.narrow_i32x4_s(low, high);
}

/** 3 × 3 on bytes in 16-bit sums: nine weights, row by row; a `plain` kernel has divisor 1 and an integer offset. */
export function convolve3x8(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, n: i32, h: i32, step: i32,
  weights: usize, plain: bool, divisor: f32, offset: f32,
): void {
  const w0 = v128.load_splat<i16>(weights), w1 = v128.load_splat<i16>(weights, 2), w2 = v128.load_splat<i16>(weights, 4);
  const w3 = v128.load_splat<i16>(weights, 6), w4 = v128.load_splat<i16>(weights, 8), w5 = v128.load_splat<i16>(weights, 10);
  const w6 = v128.load_splat<i16>(weights, 12), w7 = v128.load_splat<i16>(weights, 14), w8 = v128.load_splat<i16>(weights, 16);
  const start = i16x8.splat(plain ? <i16>offset : 0);
  const over = f32x4.splat(divisor), bias = f32x4.splat(offset + 0.5);
  const s = <usize>step;
  for (let y = 0; y < h; y++) {
    let p = src + <usize>y * srcStride, q = dst + <usize>y * dstStride;
    const end = p + n;
    for (; p < end; p += 16, q += 16) {
      const u = p - srcStride, d = p + srcStride;
      let a = i16x8.add(i16x8.mul(wide(u - s), w0), start), b = i16x8.add(i16x8.mul(wide(u - s + 8), w0), start);
      a = i16x8.add(a, i16x8.mul(wide(u), w1)); b = i16x8.add(b, i16x8.mul(wide(u + 8), w1));
      a = i16x8.add(a, i16x8.mul(wide(u + s), w2)); b = i16x8.add(b, i16x8.mul(wide(u + s + 8), w2));
      a = i16x8.add(a, i16x8.mul(wide(p - s), w3)); b = i16x8.add(b, i16x8.mul(wide(p - s + 8), w3));
      a = i16x8.add(a, i16x8.mul(wide(p), w4)); b = i16x8.add(b, i16x8.mul(wide(p + 8), w4));
      a = i16x8.add(a, i16x8.mul(wide(p + s), w5)); b = i16x8.add(b, i16x8.mul(wide(p + s + 8), w5));
      a = i16x8.add(a, i16x8.mul(wide(d - s), w6)); b = i16x8.add(b, i16x8.mul(wide(d - s + 8), w6));
      a = i16x8.add(a, i16x8.mul(wide(d), w7)); b = i16x8.add(b, i16x8.mul(wide(d + 8), w7));
      a = i16x8.add(a, i16x8.mul(wide(d + s), w8)); b = i16x8.add(b, i16x8.mul(wide(d + s + 8), w8));
      if (!plain) {
        a = settle8(a, over, bias);
        b = settle8(b, over, bias);
      }
      v128.store(q, i8x16.narrow_i16x8_u(a, b));
    }
  }
}

/** Any size on bytes in 16-bit sums. A tap is an i32 byte offset and an i32 weight. */
export function convolve8(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, n: i32, h: i32,
  taps: usize, count: i32, divisor: f32, offset: f32,
): void {
  const over = f32x4.splat(divisor), bias = f32x4.splat(offset + 0.5);
  const last = taps + (<usize>count << 3);
  for (let y = 0; y < h; y++) {
    let p = src + <usize>y * srcStride, q = dst + <usize>y * dstStride;
    const end = p + n;
    for (; p < end; p += 32, q += 32) {
      let a = i16x8.splat(0), b = a, c = a, d = a;
      for (let t = taps; t < last; t += 8) {
        const from = p + load<i32>(t);
        const weight = v128.load_splat<i16>(t, 4);
        a = i16x8.add(a, i16x8.mul(wide(from), weight));
        b = i16x8.add(b, i16x8.mul(wide(from + 8), weight));
        c = i16x8.add(c, i16x8.mul(wide(from + 16), weight));
        d = i16x8.add(d, i16x8.mul(wide(from + 24), weight));
      }
      v128.store(q, i8x16.narrow_i16x8_u(settle8(a, over, bias), settle8(b, over, bias)));
      // A row may be written 15 bytes past its end, not 31.
      if (p + 16 < end) v128.store(q, i8x16.narrow_i16x8_u(settle8(c, over, bias), settle8(d, over, bias)), 16);
    }
  }
}

/** Any size on bytes in f32 sums. A tap is an i32 byte offset and an f32 weight. */
export function convolve8f(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, n: i32, h: i32,
  taps: usize, count: i32, divisor: f32, offset: f32,
): void {
  const over = f32x4.splat(divisor), bias = f32x4.splat(offset + 0.5);
  const last = taps + (<usize>count << 3);
  for (let y = 0; y < h; y++) {
    let p = src + <usize>y * srcStride, q = dst + <usize>y * dstStride;
    const end = p + n;
    for (; p < end; p += 16, q += 16) {
      let a = f32x4.splat(0), b = a, c = a, d = a;
      for (let t = taps; t < last; t += 8) {
        const from = p + load<i32>(t);
        const weight = v128.load_splat<u32>(t, 4);
        const low = wide(from), high = wide(from + 8);
        a = f32x4.add(a, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(low)), weight));
        b = f32x4.add(b, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(low)), weight));
        c = f32x4.add(c, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(high)), weight));
        d = f32x4.add(d, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(high)), weight));
      }
      const low = i16x8.narrow_i32x4_s(settle(a, over, bias), settle(b, over, bias));
      const high = i16x8.narrow_i32x4_s(settle(c, over, bias), settle(d, over, bias));
      v128.store(q, i8x16.narrow_i16x8_u(low, high));
    }
  }
}

/**
 * The offset's share of four samples: with alpha (premultiplied colour) it is scaled by each pixel's own alpha, or it
 * would shine through what is nearly transparent.
 */
@inline function share(p: usize, channels: i32, offset: v128, portion: v128): v128 {
  if (channels & 1) return offset;
  const pixel = v128.load_ext<u16>(p);
  const alpha = channels == 4 ? v128.shuffle<i32>(pixel, pixel, 3, 3, 3, 3) : v128.shuffle<i32>(pixel, pixel, 1, 1, 3, 3);
  return f32x4.mul(f32x4.convert_i32x4_s(alpha), portion);
}

@inline function settle16(sum: v128, p: usize, channels: i32, over: v128, offset: v128, portion: v128): v128 {
  return settle(sum, over, f32x4.add(share(p, channels, offset, portion), f32x4.splat(0.5)));
}

/** Any size on 16-bit samples: i32 sums of i32 weights, or f32 sums of f32 weights. */
@inline function deep<W>(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, n: i32, h: i32, channels: i32,
  taps: usize, count: i32, plain: bool, divisor: f32, offset: f32,
): void {
  const over = f32x4.splat(divisor), shift = f32x4.splat(offset), portion = f32x4.splat(offset / 65535);
  const last = taps + (<usize>count << 3);
  for (let y = 0; y < h; y++) {
    let p = src + <usize>y * srcStride, q = dst + <usize>y * dstStride;
    const end = p + (<usize>n << 1);
    for (; p < end; p += 16, q += 16) {
      let a = f32x4.splat(0), b = a;
      for (let t = taps; t < last; t += 8) {
        const from = p + load<i32>(t);
        const weight = v128.load_splat<u32>(t, 4);
        const low = v128.load_ext<u16>(from), high = v128.load_ext<u16>(from, 8);
        if (isFloat<W>()) {
          a = f32x4.add(a, f32x4.mul(f32x4.convert_i32x4_s(low), weight));
          b = f32x4.add(b, f32x4.mul(f32x4.convert_i32x4_s(high), weight));
        } else {
          a = i32x4.add(a, i32x4.mul(low, weight));
          b = i32x4.add(b, i32x4.mul(high, weight));
        }
      }
      if (!plain) {
        if (!isFloat<W>()) {
          a = f32x4.convert_i32x4_s(a);
          b = f32x4.convert_i32x4_s(b);
        }
        a = settle16(a, p, channels, over, shift, portion);
        b = settle16(b, p + 8, channels, over, shift, portion);
      }
      v128.store(q, i16x8.narrow_i32x4_u(a, b));
    }
  }
}

export function convolve16(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, n: i32, h: i32, channels: i32,
  taps: usize, count: i32, plain: bool, divisor: f32, offset: f32,
): void {
  deep<i32>(src, srcStride, dst, dstStride, n, h, channels, taps, count, plain, divisor, offset);
}
export function convolve16f(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, n: i32, h: i32, channels: i32,
  taps: usize, count: i32, divisor: f32, offset: f32,
): void {
  deep<f32>(src, srcStride, dst, dstStride, n, h, channels, taps, count, false, divisor, offset);
}
