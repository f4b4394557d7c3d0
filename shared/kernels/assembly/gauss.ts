// Separable symmetric convolution of interleaved samples: each target row is summed vertically into a line, then
// horizontally out of it. 8 bit: samples in Q7 (widened once a row, into a block of rows that slides down the window),
// Q15 weights, each product rounded, which keeps the result within 0.53 of the real-valued one. The products are
// relaxed_q15mulr: relaxed only in what −1 · −1 gives, which cannot occur here, and one instruction, where q15mulr_sat
// takes seven on x86. A shift by a constant costs three there, a multiplication one.

/** Rows that are summed between two slides of the block; gaussian.ts reserves the memory. */
const BLOCK = 32;

@inline function times(a: v128, b: v128): v128 {
  return i16x8.relaxed_q15mulr_s(a, b);
}

/** Bytes to Q7; whole vectors. */
function widen(p: usize, q: usize, n: i32): void {
  const one = i16x8.splat(128);
  for (const end = p + n; p < end; p += 16, q += 32) {
    v128.store(q, i16x8.mul(v128.load_ext<u8>(p), one));
    v128.store(q, i16x8.mul(v128.load_ext<u8>(p, 8), one), 16);
  }
}

// The mean of the taps on both sides, exact in Q7; a pair's weight is doubled, so nothing is lost.
@inline function near(u: usize, d: usize): v128 {
  return i16x8.avgr_u(v128.load(u), v128.load(d));
}
@inline function far(u: usize, d: usize): v128 {
  return i16x8.avgr_u(v128.load(u, 16), v128.load(d, 16));
}

/**
 * n samples in Q7 by the taps of `weights`, `apart` bytes between them; to bytes at the `last` pass. The first nine
 * weights stay in registers. Where the radius is known when this is compiled the tests vanish: quicker up to 4, slower
 * from 5 on. Two rows at once, which load half as often, were slower too.
 */
@inline function taps(src: usize, dst: usize, n: i32, apart: usize, weights: usize, radius: i32, last: bool): void {
  const w0 = v128.load_splat<i16>(weights), w1 = v128.load_splat<i16>(weights, 2), w2 = v128.load_splat<i16>(weights, 4);
  const w3 = v128.load_splat<i16>(weights, 6), w4 = v128.load_splat<i16>(weights, 8), w5 = v128.load_splat<i16>(weights, 10);
  const w6 = v128.load_splat<i16>(weights, 12), w7 = v128.load_splat<i16>(weights, 14), w8 = v128.load_splat<i16>(weights, 16);
  const w9 = v128.load_splat<i16>(weights, 18);
  const end = src + (<usize>n << 1);
  for (let p = src, q = dst; p < end; p += 32, q += last ? 16 : 32) {
    let a = times(v128.load(p), w0), b = times(v128.load(p, 16), w0);
    let u = p, d = p;
    if (radius >= 1) { u -= apart; d += apart; a = i16x8.add(a, times(near(u, d), w1)); b = i16x8.add(b, times(far(u, d), w1)); }
    if (radius >= 2) { u -= apart; d += apart; a = i16x8.add(a, times(near(u, d), w2)); b = i16x8.add(b, times(far(u, d), w2)); }
    if (radius >= 3) { u -= apart; d += apart; a = i16x8.add(a, times(near(u, d), w3)); b = i16x8.add(b, times(far(u, d), w3)); }
    if (radius >= 4) { u -= apart; d += apart; a = i16x8.add(a, times(near(u, d), w4)); b = i16x8.add(b, times(far(u, d), w4)); }
    if (radius >= 5) { u -= apart; d += apart; a = i16x8.add(a, times(near(u, d), w5)); b = i16x8.add(b, times(far(u, d), w5)); }
    if (radius >= 6) { u -= apart; d += apart; a = i16x8.add(a, times(near(u, d), w6)); b = i16x8.add(b, times(far(u, d), w6)); }
    if (radius >= 7) { u -= apart; d += apart; a = i16x8.add(a, times(near(u, d), w7)); b = i16x8.add(b, times(far(u, d), w7)); }
    if (radius >= 8) { u -= apart; d += apart; a = i16x8.add(a, times(near(u, d), w8)); b = i16x8.add(b, times(far(u, d), w8)); }
    if (radius >= 9) { u -= apart; d += apart; a = i16x8.add(a, times(near(u, d), w9)); b = i16x8.add(b, times(far(u, d), w9)); }
    for (let w = weights + 20; w <= weights + (<usize>radius << 1); w += 2) {
      u -= apart; d += apart;
      const weight = v128.load_splat<i16>(w);
      a = i16x8.add(a, times(near(u, d), weight));
      b = i16x8.add(b, times(far(u, d), weight));
    }
    if (last) {
      // times 256 / 32768 is a rounded shift by 7
      const back = i16x8.splat(256);
      v128.store(q, i8x16.narrow_i16x8_u(times(a, back), times(b, back)));
    } else {
      v128.store(q, a);
      v128.store(q, b, 16);
    }
  }
}

// A function each, so that only what is used is ever compiled to machine code.
function down1(p: usize, q: usize, n: i32, apart: usize, weights: usize): void { taps(p, q, n, apart, weights, 1, false); }
function along1(p: usize, q: usize, n: i32, apart: usize, weights: usize): void { taps(p, q, n, apart, weights, 1, true); }
function down2(p: usize, q: usize, n: i32, apart: usize, weights: usize): void { taps(p, q, n, apart, weights, 2, false); }
function along2(p: usize, q: usize, n: i32, apart: usize, weights: usize): void { taps(p, q, n, apart, weights, 2, true); }
function down3(p: usize, q: usize, n: i32, apart: usize, weights: usize): void { taps(p, q, n, apart, weights, 3, false); }
function along3(p: usize, q: usize, n: i32, apart: usize, weights: usize): void { taps(p, q, n, apart, weights, 3, true); }
function down4(p: usize, q: usize, n: i32, apart: usize, weights: usize): void { taps(p, q, n, apart, weights, 4, false); }
function along4(p: usize, q: usize, n: i32, apart: usize, weights: usize): void { taps(p, q, n, apart, weights, 4, true); }
function down(p: usize, q: usize, n: i32, apart: usize, weights: usize, radius: i32): void { taps(p, q, n, apart, weights, radius, false); }
function along(p: usize, q: usize, n: i32, apart: usize, weights: usize, radius: i32): void { taps(p, q, n, apart, weights, radius, true); }

/** One target row: `p` is its row in the block, `inner` its first sample in the line. */
@inline function row(
  p: usize, pitch: usize, line: usize, wide: i32, inner: usize, q: usize, n: i32, step: usize, weights: usize, radius: i32,
): void {
  switch (radius) {
    case 1: down1(p, line, wide, pitch, weights); along1(inner, q, n, step, weights); break;
    case 2: down2(p, line, wide, pitch, weights); along2(inner, q, n, step, weights); break;
    case 3: down3(p, line, wide, pitch, weights); along3(inner, q, n, step, weights); break;
    case 4: down4(p, line, wide, pitch, weights); along4(inner, q, n, step, weights); break;
    default: down(p, line, wide, pitch, weights, radius); along(inner, q, n, step, weights, radius);
  }
}

export function gauss8(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, weights: usize, radius: i32, line: usize,
): void {
  const wide = (w + 2 * radius) * channels;
  const step = <usize>channels << 1;
  const pitch = (<usize>wide * 2 + 31) & ~31;
  const block = line + pitch;
  const kept = 2 * radius;
  for (let top = 0; top < h; top += BLOCK) {
    const rows = min(BLOCK, h - top);
    if (top > 0) memory.copy(block, block + <usize>BLOCK * pitch, <usize>kept * pitch);
    for (let y = top > 0 ? kept : 0; y < rows + kept; y++) widen(src + <usize>(top + y) * srcStride, block + <usize>y * pitch, wide);
    for (let y = 0; y < rows; y++) {
      const q = dst + <usize>(top + y) * dstStride;
      row(block + <usize>(y + radius) * pitch, pitch, line, wide, line + <usize>radius * step, q, w * channels, step, weights, radius);
    }
  }
}

// 16 bit: f32, sixteen samples at a time. Weights are a vector each, and not doubled.

@inline function one16(p: usize): v128 {
  return f32x4.convert_i32x4_s(v128.load_ext<u16>(p));
}

@inline function pair16(u: usize, d: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.add(v128.load_ext<u16>(u), v128.load_ext<u16>(d)));
}

@inline function plus(sum: v128, both: v128, weight: v128): v128 {
  return f32x4.add(sum, f32x4.mul(both, weight));
}

/** n samples of rows of words to a line of f32. */
function down16(src: usize, dst: usize, n: i32, stride: usize, weights: usize, radius: i32): void {
  const w0 = v128.load(weights);
  const stop = weights + (<usize>radius << 4);
  const end = src + (<usize>n << 1);
  for (let p = src, q = dst; p < end; p += 32, q += 64) {
    let a = f32x4.mul(one16(p), w0), b = f32x4.mul(one16(p + 8), w0);
    let c = f32x4.mul(one16(p + 16), w0), e = f32x4.mul(one16(p + 24), w0);
    let u = p - stride, d = p + stride;
    for (let w = weights + 16; w <= stop; w += 16, u -= stride, d += stride) {
      const weight = v128.load(w);
      a = plus(a, pair16(u, d), weight);
      b = plus(b, pair16(u + 8, d + 8), weight);
      c = plus(c, pair16(u + 16, d + 16), weight);
      e = plus(e, pair16(u + 24, d + 24), weight);
    }
    v128.store(q, a);
    v128.store(q, b, 16);
    v128.store(q, c, 32);
    v128.store(q, e, 48);
  }
}

@inline function words(low: v128, high: v128): v128 {
  const half = f32x4.splat(0.5);
  return i16x8.narrow_i32x4_u(i32x4.trunc_sat_f32x4_u(f32x4.add(low, half)), i32x4.trunc_sat_f32x4_u(f32x4.add(high, half)));
}

/** n samples of a line of f32 to words, rounded. */
function along16(src: usize, dst: usize, n: i32, step: usize, weights: usize, radius: i32): void {
  const w0 = v128.load(weights);
  const stop = weights + (<usize>radius << 4);
  const end = src + (<usize>n << 2);
  for (let p = src, q = dst; p < end; p += 64, q += 32) {
    let a = f32x4.mul(v128.load(p), w0), b = f32x4.mul(v128.load(p, 16), w0);
    let c = f32x4.mul(v128.load(p, 32), w0), e = f32x4.mul(v128.load(p, 48), w0);
    let u = p - step, d = p + step;
    for (let w = weights + 16; w <= stop; w += 16, u -= step, d += step) {
      const weight = v128.load(w);
      a = plus(a, f32x4.add(v128.load(u), v128.load(d)), weight);
      b = plus(b, f32x4.add(v128.load(u, 16), v128.load(d, 16)), weight);
      c = plus(c, f32x4.add(v128.load(u, 32), v128.load(d, 32)), weight);
      e = plus(e, f32x4.add(v128.load(u, 48), v128.load(d, 48)), weight);
    }
    v128.store(q, words(a, b));
    // A row may be written 15 bytes past its end, not 31.
    if (p + 32 < end) v128.store(q, words(c, e), 16);
  }
}

export function gauss16(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32, weights: usize, radius: i32, line: usize,
): void {
  const wide = (w + 2 * radius) * channels;
  const step = <usize>channels << 2;
  for (let y = 0; y < h; y++) {
    down16(src + <usize>(y + radius) * srcStride, line, wide, srcStride, weights, radius);
    along16(line + <usize>radius * step, dst + <usize>y * dstStride, w * channels, step, weights, radius);
  }
}
