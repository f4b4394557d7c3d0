// Mean of a (2r + 1)² square. Columns are summed down the image and those sums along the row, each by adding what
// enters and taking away what leaves: the cost does not grow with the radius, and integers never drift. Along the row
// a vector is one pixel, whatever its channels; the lanes that are too many belong to the next one, written later.

/** sums += entering − leaving, or only the entering row. */
@inline function slide<T>(sums: usize, enter: usize, leave: usize, n: i32): void {
  for (let i = 0; i < n; i += 8) {
    if (sizeof<T>() == 1) {
      const at = sums + (<usize>i << 1);
      let s = i16x8.add(v128.load(at), v128.load_ext<u8>(enter + i));
      if (leave != 0) s = i16x8.sub(s, v128.load_ext<u8>(leave + i));
      v128.store(at, s);
    } else {
      const at = sums + (<usize>i << 2), o = <usize>i << 1;
      let s = i32x4.add(v128.load(at), v128.load_ext<u16>(enter + o));
      let t = i32x4.add(v128.load(at, 16), v128.load_ext<u16>(enter + o, 8));
      if (leave != 0) {
        s = i32x4.sub(s, v128.load_ext<u16>(leave + o));
        t = i32x4.sub(t, v128.load_ext<u16>(leave + o, 8));
      }
      v128.store(at, s);
      v128.store(at, t, 16);
    }
  }
}

/** Sums of at most 201² bytes are below 2^24 and their number is odd: f32 division never meets or crosses a half. */
@inline function along8(sums: usize, q: usize, w: i32, channels: i32, radius: i32): void {
  const step = <usize>channels << 1;
  const ahead = step * ((<usize>radius << 1) + 1);
  let s = i32x4.splat(0);
  let p = sums;
  for (let end = sums + ahead; p < end; p += step) s = i32x4.add(s, v128.load_ext<u16>(p));
  const side = radius * 2 + 1;
  const count = f32x4.splat(<f32>(side * side)), inverse = f32x4.splat(<f32>1 / <f32>(side * side));
  // 2^23 + x holds round(x) in its low bits
  const round = f32x4.splat(8388608);
  const exact = radius > 63; // from here on a product could be wrong by more than 1 / (2 side²)
  p = sums;
  for (let x = 0; x < w; x++, p += step, q += channels) {
    const sum = f32x4.convert_i32x4_s(s);
    const mean = f32x4.add(exact ? f32x4.div(sum, count) : f32x4.mul(sum, inverse), round);
    const bytes = i8x16.shuffle(mean, mean, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
    if (channels == 1) v128.store8_lane(q, bytes, 0);
    else v128.store32_lane(q, bytes, 0);
    s = i32x4.add(s, i32x4.sub(v128.load_ext<u16>(p + ahead), v128.load_ext<u16>(p)));
  }
}

/** Exact division of 32-bit sums: the high half of sum · multiplier, shifted. */
@inline function along16(sums: usize, q: usize, w: i32, channels: i32, radius: i32, multiplier: u32, shift: i32): void {
  const step = <usize>channels << 2;
  const ahead = step * ((<usize>radius << 1) + 1);
  const side = radius * 2 + 1;
  let s = i32x4.splat((side * side) >> 1);
  let p = sums;
  for (let end = sums + ahead; p < end; p += step) s = i32x4.add(s, v128.load(p));
  const m = i32x4.splat(multiplier);
  p = sums;
  for (let x = 0; x < w; x++, p += step, q += <usize>channels << 1) {
    const low = i64x2.extmul_low_i32x4_u(s, m), high = i64x2.extmul_high_i32x4_u(s, m);
    const mean = i32x4.shr_u(v128.shuffle<i32>(low, high, 1, 3, 5, 7), shift);
    const words = i16x8.narrow_i32x4_u(mean, mean);
    if (channels == 1) v128.store16_lane(q, words, 0);
    else v128.store64_lane(q, words, 0);
    s = i32x4.add(s, i32x4.sub(v128.load(p + ahead), v128.load(p)));
  }
}

@inline function box<T>(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, radius: i32,
  sums: usize, multiplier: u32, shift: i32,
): void {
  const n = (w + 2 * radius) * channels;
  memory.fill(sums, 0, <usize>n * 2 * sizeof<T>() + 64);
  for (let y = 0; y < 2 * radius; y++) slide<T>(sums, src + <usize>y * srcStride, 0, n);
  for (let y = 0; y < h; y++) {
    const enter = src + <usize>(y + 2 * radius) * srcStride;
    slide<T>(sums, enter, y == 0 ? 0 : src + <usize>(y - 1) * srcStride, n);
    const q = dst + <usize>y * dstStride;
    if (sizeof<T>() == 1) {
      if (channels == 1) along8(sums, q, w, 1, radius);
      else along8(sums, q, w, 3, radius);
    } else if (channels == 1) along16(sums, q, w, 1, radius, multiplier, shift);
    else along16(sums, q, w, channels, radius, multiplier, shift);
  }
}

export function box8(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, radius: i32, sums: usize,
): void {
  box<u8>(src, srcStride, dst, dstStride, w, h, channels, radius, sums, 0, 0);
}
export function box16(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, radius: i32, sums: usize,
  multiplier: u32, shift: i32,
): void {
  box<u16>(src, srcStride, dst, dstStride, w, h, channels, radius, sums, multiplier, shift);
}
