// Separable symmetric convolution of interleaved samples: each target row is summed vertically into a line, then
// horizontally out of it. 8 bit: Q15 weights by q15mulr on samples in Q6, which rounds once a tap and keeps the
// result within 0.53 of the real-valued one. Two vectors at a time, so that weights and loop are paid half as often.

@inline function wide(p: usize): v128 {
  return v128.load_ext<u8>(p);
}

// (a + b) / 2 in Q7: a pair's weight is doubled, so nothing is lost
@inline function pair(p: usize, o: usize): v128 {
  return i16x8.shl(i16x8.add(wide(p - o), wide(p + o)), 6);
}

@inline function vertical8(src: usize, dst: usize, n: i32, stride: usize, weights: usize, radius: i32): void {
  const centre = v128.load_splat<i16>(weights);
  for (let i = 0; i < n; i += 16) {
    const p = src + i;
    let a = i16x8.q15mulr_sat_s(i16x8.shl(wide(p), 7), centre);
    let b = i16x8.q15mulr_sat_s(i16x8.shl(wide(p + 8), 7), centre);
    let o = stride;
    const end = weights + (<usize>radius << 1);
    for (let w = weights + 2; w <= end; w += 2) {
      const weight = v128.load_splat<i16>(w);
      a = i16x8.add(a, i16x8.q15mulr_sat_s(pair(p, o), weight));
      b = i16x8.add(b, i16x8.q15mulr_sat_s(pair(p + 8, o), weight));
      o += stride;
    }
    v128.store(dst + (<usize>i << 1), a);
    v128.store(dst + (<usize>i << 1), b, 16);
  }
}

@inline function horizontal8(line: usize, dst: usize, n: i32, step: usize, weights: usize, radius: i32): void {
  const centre = v128.load_splat<i16>(weights);
  const half = i16x8.splat(64);
  const end = weights + (<usize>radius << 1);
  for (let i = 0; i < n; i += 16) {
    const p = line + (<usize>i << 1);
    let a = i16x8.q15mulr_sat_s(v128.load(p), centre);
    let b = i16x8.q15mulr_sat_s(v128.load(p, 16), centre);
    let o = step;
    for (let w = weights + 2; w <= end; w += 2) {
      const weight = v128.load_splat<i16>(w);
      a = i16x8.add(a, i16x8.q15mulr_sat_s(i16x8.avgr_u(v128.load(p - o), v128.load(p + o)), weight));
      b = i16x8.add(b, i16x8.q15mulr_sat_s(i16x8.avgr_u(v128.load(p - o, 16), v128.load(p + o, 16)), weight));
      o += step;
    }
    const low = i16x8.shr_u(i16x8.add(a, half), 7), high = i16x8.shr_u(i16x8.add(b, half), 7);
    v128.store(dst + i, i8x16.narrow_i16x8_u(low, high));
  }
}

export function gauss8(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, weights: usize, radius: i32, line: usize,
): void {
  const wide = (w + 2 * radius) * channels;
  const step = <usize>channels << 1;
  const centre = line + <usize>radius * step;
  for (let y = 0; y < h; y++) {
    vertical8(src + <usize>(y + radius) * srcStride, line, wide, srcStride, weights, radius);
    horizontal8(centre, dst + <usize>y * dstStride, w * channels, step, weights, radius);
  }
}

@inline function f32s(p: usize): v128 {
  return f32x4.convert_i32x4_u(v128.load_ext<u16>(p));
}

export function gauss16(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, weights: usize, radius: i32, line: usize,
): void {
  const row = (w + 2 * radius) * channels;
  const step = <usize>channels << 2;
  const half = f32x4.splat(0.5);
  const n = w * channels;
  const last = weights + (<usize>radius << 2);
  for (let y = 0; y < h; y++) {
    for (let i = 0; i < row; i += 4) {
      const p = src + <usize>(y + radius) * srcStride + (<usize>i << 1);
      let sum = f32x4.mul(f32s(p), v128.load_splat<u32>(weights));
      let o = <usize>srcStride;
      for (let k = weights + 4; k <= last; k += 4) {
        const both = f32x4.convert_i32x4_u(i32x4.add(v128.load_ext<u16>(p - o), v128.load_ext<u16>(p + o)));
        sum = f32x4.add(sum, f32x4.mul(both, f32x4.mul(v128.load_splat<u32>(k), half)));
        o += srcStride;
      }
      v128.store(line + (<usize>i << 2), sum);
    }
    for (let i = 0; i < n; i += 4) {
      const p = line + (<usize>i << 2) + <usize>radius * step;
      let sum = f32x4.mul(v128.load(p), v128.load_splat<u32>(weights));
      let o = step;
      for (let k = weights + 4; k <= last; k += 4) {
        const both = f32x4.add(v128.load(p - o), v128.load(p + o));
        sum = f32x4.add(sum, f32x4.mul(both, f32x4.mul(v128.load_splat<u32>(k), half)));
        o += step;
      }
      const v = i32x4.trunc_sat_f32x4_u(f32x4.add(sum, half));
      v128.store64_lane(dst + <usize>y * dstStride + (<usize>i << 1), i16x8.narrow_i32x4_u(v, v), 0);
    }
  }
}
