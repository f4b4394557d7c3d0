// Separable resampling of interleaved samples with weights of each output row and column of their own. Each target
// row is summed vertically into a line, then horizontally out of it. A record of `rows` (`columns`) is where the first
// tap lies, in bytes from `src` (`line`), and then the weights; those of columns are padded with zeros.
//
// 8 bit: weights in Q14, pairs of taps by a dot product, the line in Q6. All else: f32.

@inline function addPair(sum: v128, samples: v128, weights: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(samples, weights));
}

@inline function vertical8(src: usize, stride: usize, line: usize, n: i32, weights: usize, count: i32): void {
  const half = i32x4.splat(128);
  const end = weights + (<usize>count << 1);
  for (let i = 0; i < n; i += 16) {
    let p = src + i;
    let s0 = half, s1 = half, s2 = half, s3 = half;
    for (let w = weights; w < end; w += 4) {
      const a = v128.load(p);
      // the row after the last one is not there; its weight is 0
      const b = v128.load(w + 2 < end ? p + stride : p);
      const weight = v128.load32_splat(w);
      const low = i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const high = i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      s0 = addPair(s0, i16x8.extend_low_i8x16_u(low), weight);
      s1 = addPair(s1, i16x8.extend_high_i8x16_u(low), weight);
      s2 = addPair(s2, i16x8.extend_low_i8x16_u(high), weight);
      s3 = addPair(s3, i16x8.extend_high_i8x16_u(high), weight);
      p += stride << 1;
    }
    const q = line + (<usize>i << 1);
    v128.store(q, i16x8.narrow_i32x4_s(i32x4.shr_s(s0, 8), i32x4.shr_s(s1, 8)));
    v128.store(q, i16x8.narrow_i32x4_s(i32x4.shr_s(s2, 8), i32x4.shr_s(s3, 8)), 16);
  }
}

// Two pixels r g b r g b become r r g g b b: a pair of taps a channel.
@inline function pairOf3(p: usize): v128 {
  const v = v128.load(p);
  return i16x8.shuffle(v, v, 0, 3, 1, 4, 2, 5, 6, 7);
}

@inline function narrow(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_u(
    i16x8.narrow_i32x4_s(i32x4.shr_s(a, 20), i32x4.shr_s(b, 20)),
    i16x8.narrow_i32x4_s(i32x4.shr_s(c, 20), i32x4.shr_s(d, 20)),
  );
}

// Four pixels at a time; the table holds three records more than there are columns.
@inline function horizontal8x3(line: usize, dst: usize, w: i32, columns: usize, record: usize): void {
  const half = i32x4.splat(1 << 19);
  for (let x = 0; x < w; x += 4) {
    const c0 = columns, c1 = c0 + record, c2 = c1 + record, c3 = c2 + record;
    columns = c3 + record;
    let p0 = line + load<u32>(c0), p1 = line + load<u32>(c1), p2 = line + load<u32>(c2), p3 = line + load<u32>(c3);
    let s0 = half, s1 = half, s2 = half, s3 = half;
    for (let k: usize = 4; k < record; k += 4) {
      s0 = addPair(s0, pairOf3(p0), v128.load32_splat(c0 + k));
      s1 = addPair(s1, pairOf3(p1), v128.load32_splat(c1 + k));
      s2 = addPair(s2, pairOf3(p2), v128.load32_splat(c2 + k));
      s3 = addPair(s3, pairOf3(p3), v128.load32_splat(c3 + k));
      p0 += 12;
      p1 += 12;
      p2 += 12;
      p3 += 12;
    }
    const v = narrow(s0, s1, s2, s3);
    const four = i8x16.shuffle(v, v, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0, 0, 0, 0);
    v128.store(dst, four);
    dst += 12;
  }
}

@inline function horizontal8x1(line: usize, dst: usize, w: i32, columns: usize, record: usize): void {
  const half = i32x4.splat(1 << 19);
  const zero = i32x4.splat(0);
  for (let x = 0; x < w; x += 4) {
    const c0 = columns, c1 = c0 + record, c2 = c1 + record, c3 = c2 + record;
    columns = c3 + record;
    let p0 = line + load<u32>(c0), p1 = line + load<u32>(c1), p2 = line + load<u32>(c2), p3 = line + load<u32>(c3);
    let a = zero, b = zero, c = zero, d = zero;
    for (let k: usize = 4; k < record; k += 16) {
      a = addPair(a, v128.load(p0), v128.load(c0 + k));
      b = addPair(b, v128.load(p1), v128.load(c1 + k));
      c = addPair(c, v128.load(p2), v128.load(c2 + k));
      d = addPair(d, v128.load(p3), v128.load(c3 + k));
      p0 += 16;
      p1 += 16;
      p2 += 16;
      p3 += 16;
    }
    const ab = i32x4.add(i32x4.shuffle(a, b, 0, 4, 1, 5), i32x4.shuffle(a, b, 2, 6, 3, 7));
    const cd = i32x4.add(i32x4.shuffle(c, d, 0, 4, 1, 5), i32x4.shuffle(c, d, 2, 6, 3, 7));
    const sum = i32x4.add(i32x4.shuffle(ab, cd, 0, 1, 4, 5), i32x4.shuffle(ab, cd, 2, 3, 6, 7));
    const v = i32x4.add(sum, half);
    v128.store32_lane(dst, narrow(v, v, v, v), 0);
    dst += 4;
  }
}

export function resize8(
  src: usize, srcStride: i32, samples: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32,
  rows: usize, rowTaps: i32, columns: usize, columnTaps: i32, line: usize,
): void {
  const rowRecord = <usize>(4 + (((rowTaps + 1) & ~1) << 1));
  const columnRecord = <usize>(4 + (columnTaps << 1));
  for (let y = 0; y < h; y++, rows += rowRecord) {
    vertical8(src + load<u32>(rows), srcStride, line, samples, rows + 4, rowTaps);
    const q = dst + <usize>y * dstStride;
    if (channels == 3) horizontal8x3(line, q, w, columns, columnRecord);
    else horizontal8x1(line, q, w, columns, columnRecord);
  }
}

@inline function load4<T>(p: usize): v128 {
  if (sizeof<T>() == 2) return f32x4.convert_i32x4_u(v128.load_ext<u16>(p));
  return f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(p))));
}

@inline function verticalF<T>(src: usize, stride: usize, line: usize, n: i32, weights: usize, count: i32): void {
  const size = sizeof<T>();
  const end = weights + (<usize>count << 2);
  for (let i = 0; i < n; i += 8) {
    let p = src + <usize>i * size;
    let a = f32x4.splat(0), b = f32x4.splat(0);
    for (let w = weights; w < end; w += 4, p += stride) {
      const weight = v128.load32_splat(w);
      a = f32x4.add(a, f32x4.mul(load4<T>(p), weight));
      b = f32x4.add(b, f32x4.mul(load4<T>(p + 4 * size), weight));
    }
    v128.store(line + (<usize>i << 2), a);
    v128.store(line + (<usize>i << 2), b, 16);
  }
}

// Whole vectors are stored; what they write beyond a pixel is written over by the next one.
@inline function put4<T>(q: usize, sum: v128): void {
  const v = i32x4.trunc_sat_f32x4_u(f32x4.add(sum, f32x4.splat(0.5)));
  const wide = i16x8.narrow_i32x4_u(v, v);
  if (sizeof<T>() == 2) v128.store64_lane(q, wide, 0);
  else {
    const few = i16x8.min_u(wide, i16x8.splat(255));
    v128.store32_lane(q, i8x16.narrow_i16x8_u(few, few), 0);
  }
}

// A pixel's channels are the lanes; what a vector holds beyond them is not used.
@inline function horizontalF<T>(line: usize, dst: usize, w: i32, step: usize, columns: usize, record: usize): void {
  for (let x = 0; x < w; x++, columns += record) {
    let p = line + load<u32>(columns);
    let sum = f32x4.splat(0);
    for (let k: usize = 4; k < record; k += 4, p += step)
      sum = f32x4.add(sum, f32x4.mul(v128.load(p), v128.load32_splat(columns + k)));
    put4<T>(dst, sum);
    dst += (step >> 2) * sizeof<T>();
  }
}

// One channel: four taps a vector.
@inline function horizontalF1<T>(line: usize, dst: usize, w: i32, columns: usize, record: usize): void {
  for (let x = 0; x < w; x++, columns += record) {
    let p = line + load<u32>(columns);
    let sum = f32x4.splat(0);
    for (let k: usize = 4; k < record; k += 16, p += 16)
      sum = f32x4.add(sum, f32x4.mul(v128.load(p), v128.load(columns + k)));
    const two = f32x4.add(sum, i32x4.shuffle(sum, sum, 2, 3, 0, 1));
    put4<T>(dst, f32x4.add(two, i32x4.shuffle(two, two, 1, 0, 3, 2)));
    dst += sizeof<T>();
  }
}

@inline function resizeF<T>(
  src: usize, srcStride: i32, samples: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32,
  rows: usize, rowTaps: i32, columns: usize, columnTaps: i32, line: usize,
): void {
  const rowRecord = <usize>(4 + (rowTaps << 2));
  const columnRecord = <usize>(4 + (columnTaps << 2));
  // Padded taps read on past the line's end, where only finite numbers give 0 with a weight of 0.
  memory.fill(line + (<usize>samples << 2), 0, 64);
  for (let y = 0; y < h; y++, rows += rowRecord) {
    verticalF<T>(src + load<u32>(rows), srcStride, line, samples, rows + 4, rowTaps);
    const q = dst + <usize>y * dstStride;
    if (channels == 1) horizontalF1<T>(line, q, w, columns, columnRecord);
    else horizontalF<T>(line, q, w, <usize>channels << 2, columns, columnRecord);
  }
}

export function resizeWide8(
  src: usize, srcStride: i32, samples: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32,
  rows: usize, rowTaps: i32, columns: usize, columnTaps: i32, line: usize,
): void {
  resizeF<u8>(src, srcStride, samples, dst, dstStride, w, h, channels, rows, rowTaps, columns, columnTaps, line);
}

export function resize16(
  src: usize, srcStride: i32, samples: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32,
  rows: usize, rowTaps: i32, columns: usize, columnTaps: i32, line: usize,
): void {
  resizeF<u16>(src, srcStride, samples, dst, dstStride, w, h, channels, rows, rowTaps, columns, columnTaps, line);
}
