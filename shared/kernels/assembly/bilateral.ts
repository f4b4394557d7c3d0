// Bilateral filter in f32, four pixels at a time, tap by tap in the order of the table. The window is first split into
// one f32 plane a channel, so that a vector is four neighbours of one colour.

/** 2^t for −120 ≤ t ≤ 0, within 5e-5 of it relatively: Taylor about the nearest whole number, whose bits go to the exponent. */
@inline function exp2(t: v128): v128 {
  const magic = f32x4.splat(12582912); // 1.5 · 2^23: x + magic holds round(x) in its low bits
  const whole = f32x4.add(t, magic);
  const f = f32x4.sub(t, f32x4.sub(whole, magic));
  let p = f32x4.add(f32x4.mul(f, f32x4.splat(0.0096181291)), f32x4.splat(0.0555041087));
  p = f32x4.add(f32x4.mul(f, p), f32x4.splat(0.2402265070));
  p = f32x4.add(f32x4.mul(f, p), f32x4.splat(0.6931471806));
  p = f32x4.add(f32x4.mul(f, p), f32x4.splat(1));
  return i32x4.add(p, i32x4.shl(whole, 23));
}

@inline function split<T>(
  src: usize, srcStride: i32, w: i32, h: i32, channels: i32, planes: usize, pitch: i32, plane: usize,
): void {
  for (let y = 0; y < h; y++) {
    let p = src + <usize>y * srcStride, q = planes + <usize>y * pitch;
    for (let x = 0; x < w; x++, q += 4) {
      for (let k = 0; k < channels; k++, p += sizeof<T>()) store<f32>(q + <usize>k * plane, <f32><i32>load<T>(p));
    }
  }
}

@inline function square(a: v128, b: v128): v128 {
  const d = f32x4.sub(a, b);
  return f32x4.mul(d, d);
}

@inline function put<T>(q: usize, k: i32, channels: i32, sum: v128, weight: v128): void {
  const v = i32x4.trunc_sat_f32x4_u(f32x4.add(f32x4.div(sum, weight), f32x4.splat(0.5)));
  const step = <usize>channels * sizeof<T>();
  const at = q + <usize>k * sizeof<T>();
  store<T>(at, <T>i32x4.extract_lane(v, 0));
  store<T>(at + step, <T>i32x4.extract_lane(v, 1));
  store<T>(at + 2 * step, <T>i32x4.extract_lane(v, 2));
  store<T>(at + 3 * step, <T>i32x4.extract_lane(v, 3));
}

/** A tap is an i32 byte offset in a plane and an f32, log2 of its weight in space. `fall` is −log2(e) / 2σ² in range. */
@inline function row<T>(centre: usize, plane: usize, q: usize, w: i32, channels: i32, taps: usize, count: i32, fall: f32): void {
  const last = taps + (<usize>count << 3);
  const steep = f32x4.splat(fall), floor = f32x4.splat(-120);
  for (let x = 0; x < w; x += 4, centre += 16, q += <usize>(4 * channels) * sizeof<T>()) {
    const c0 = v128.load(centre);
    const c1 = channels > 1 ? v128.load(centre + plane) : c0;
    const c2 = channels > 2 ? v128.load(centre + 2 * plane) : c0;
    const c3 = channels > 3 ? v128.load(centre + 3 * plane) : c0;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, total = s0;
    for (let t = taps; t < last; t += 8) {
      const p = centre + load<i32>(t);
      const v0 = v128.load(p);
      const v1 = channels > 1 ? v128.load(p + plane) : c1;
      const v2 = channels > 2 ? v128.load(p + 2 * plane) : c2;
      const v3 = channels > 3 ? v128.load(p + 3 * plane) : c3;
      let d = square(v0, c0);
      if (channels > 1) d = f32x4.add(d, square(v1, c1));
      if (channels > 2) d = f32x4.add(d, square(v2, c2));
      if (channels > 3) d = f32x4.add(d, square(v3, c3));
      const weight = exp2(f32x4.max(f32x4.add(f32x4.mul(d, steep), v128.load_splat<u32>(t, 4)), floor));
      total = f32x4.add(total, weight);
      s0 = f32x4.add(s0, f32x4.mul(v0, weight));
      if (channels > 1) s1 = f32x4.add(s1, f32x4.mul(v1, weight));
      if (channels > 2) s2 = f32x4.add(s2, f32x4.mul(v2, weight));
      if (channels > 3) s3 = f32x4.add(s3, f32x4.mul(v3, weight));
    }
    put<T>(q, 0, channels, s0, total);
    if (channels > 1) put<T>(q, 1, channels, s1, total);
    if (channels > 2) put<T>(q, 2, channels, s2, total);
    if (channels > 3) put<T>(q, 3, channels, s3, total);
  }
}

@inline function bilateral<T>(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, radius: i32,
  taps: usize, count: i32, fall: f32, planes: usize, pitch: i32, line: usize,
): void {
  const high = h + 2 * radius;
  const plane = <usize>high * pitch;
  split<T>(src, srcStride, w + 2 * radius, high, channels, planes, pitch, plane);
  const bytes = <usize>(w * channels) * sizeof<T>();
  for (let y = 0; y < h; y++) {
    const centre = planes + <usize>(y + radius) * pitch + (<usize>radius << 2);
    // By way of a line: four pixels at once may end further past the row than its neighbours allow.
    if (channels == 1) row<T>(centre, plane, line, w, 1, taps, count, fall);
    else if (channels == 2) row<T>(centre, plane, line, w, 2, taps, count, fall);
    else if (channels == 3) row<T>(centre, plane, line, w, 3, taps, count, fall);
    else row<T>(centre, plane, line, w, 4, taps, count, fall);
    memory.copy(dst + <usize>y * dstStride, line, bytes);
  }
}

export function bilateral8(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, radius: i32,
  taps: usize, count: i32, fall: f32, planes: usize, pitch: i32, line: usize,
): void {
  bilateral<u8>(src, srcStride, dst, dstStride, w, h, channels, radius, taps, count, fall, planes, pitch, line);
}
export function bilateral16(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, radius: i32,
  taps: usize, count: i32, fall: f32, planes: usize, pitch: i32, line: usize,
): void {
  bilateral<u16>(src, srcStride, dst, dstStride, w, h, channels, radius, taps, count, fall, planes, pitch, line);
}
