// Means over squares of 2^shift pixels a side, rounded half up, row by row of squares. Rows are summed down their
// columns into `sums` first: u32, or where there is alpha f64, by which 16-bit colour times alpha stays exact.

@inline function addRow<T>(p: usize, sums: usize, n: i32): void {
  for (let i = 0; i < n; i += 8) {
    const at = sums + (<usize>i << 2);
    if (sizeof<T>() == 1) {
      const eight = v128.load_ext<u8>(p + i);
      v128.store(at, i32x4.add(v128.load(at), i32x4.extend_low_i16x8_u(eight)));
      v128.store(at, i32x4.add(v128.load(at, 16), i32x4.extend_high_i16x8_u(eight)), 16);
    } else {
      const from = p + (<usize>i << 1);
      v128.store(at, i32x4.add(v128.load(at), v128.load_ext<u16>(from)));
      v128.store(at, i32x4.add(v128.load(at, 16), v128.load_ext<u16>(from, 8)), 16);
    }
  }
}

@inline function means<T>(sums: usize, dst: usize, w: i32, channels: i32, shift: i32, rows: i32): void {
  const size = 1 << shift;
  const whole = (w >> shift) << shift;
  const out = <usize>channels * sizeof<T>();
  const step = <usize>channels << 2;
  let x = 0;
  if (rows == size) {
    const half = <u64>1 << (2 * shift - 1);
    for (; x < whole; x += size, dst += out) {
      for (let k = 0; k < channels; k++) {
        let sum = half;
        let p = sums + (<usize>(x * channels + k) << 2);
        for (let i = 0; i < size; i++, p += step) sum += load<u32>(p);
        store<T>(dst + <usize>k * sizeof<T>(), <T>(sum >> (2 * shift)));
      }
    }
  }
  for (; x < w; x += size, dst += out) {
    const wide = min(size, w - x);
    const count = <u64>(wide * rows);
    for (let k = 0; k < channels; k++) {
      let sum = count >> 1;
      for (let i = 0; i < wide; i++) sum += load<u32>(sums + (<usize>((x + i) * channels + k) << 2));
      store<T>(dst + <usize>k * sizeof<T>(), <T>(sum / count));
    }
  }
}

@inline function addWithAlpha<T>(p: usize, sums: usize, w: i32, channels: i32): void {
  for (let x = 0; x < w; x++, p += <usize>channels * sizeof<T>(), sums += <usize>channels << 3) {
    const alpha = <f64>load<T>(p + <usize>(channels - 1) * sizeof<T>());
    for (let k = 0; k < channels - 1; k++) {
      const at = sums + (<usize>k << 3);
      store<f64>(at, load<f64>(at) + alpha * <f64>load<T>(p + <usize>k * sizeof<T>()));
    }
    const at = sums + (<usize>(channels - 1) << 3);
    store<f64>(at, load<f64>(at) + alpha);
  }
}

@inline function meansByAlpha<T>(sums: usize, dst: usize, w: i32, channels: i32, shift: i32, rows: i32): void {
  const size = 1 << shift;
  for (let x = 0; x < w; x += size, dst += <usize>channels * sizeof<T>()) {
    const wide = min(size, w - x);
    const last = channels - 1;
    const weight = sumOf(sums, x, wide, channels, last);
    for (let k = 0; k < last; k++) {
      const mean = weight == 0 ? 0 : sumOf(sums, x, wide, channels, k) / weight + 0.5;
      store<T>(dst + <usize>k * sizeof<T>(), <T><u32>mean);
    }
    store<T>(dst + <usize>last * sizeof<T>(), <T><u32>(weight / <f64>(wide * rows) + 0.5));
  }
}

function sumOf(sums: usize, x: i32, wide: i32, channels: i32, k: i32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < wide; i++) sum += load<f64>(sums + (<usize>((x + i) * channels + k) << 3));
  return sum;
}

@inline function reduce<T>(
  src: usize, srcStride: i32, w: i32, h: i32, dst: usize, dstStride: i32, channels: i32, shift: i32, sums: usize,
): void {
  const alpha = (channels & 1) == 0;
  const n = w * channels;
  const size = 1 << shift;
  for (let top = 0; top < h; top += size, dst += dstStride) {
    const rows = min(size, h - top);
    memory.fill(sums, 0, <usize>n << (alpha ? 3 : 2));
    for (let y = top; y < top + rows; y++) {
      const p = src + <usize>y * srcStride;
      if (alpha) addWithAlpha<T>(p, sums, w, channels);
      else addRow<T>(p, sums, n);
    }
    if (alpha) meansByAlpha<T>(sums, dst, w, channels, shift, rows);
    else if (channels == 1) means<T>(sums, dst, w, 1, shift, rows);
    else means<T>(sums, dst, w, 3, shift, rows);
  }
}

export function reduce8(
  src: usize, srcStride: i32, w: i32, h: i32, dst: usize, dstStride: i32, channels: i32, shift: i32, sums: usize,
): void {
  reduce<u8>(src, srcStride, w, h, dst, dstStride, channels, shift, sums);
}
export function reduce16(
  src: usize, srcStride: i32, w: i32, h: i32, dst: usize, dstStride: i32, channels: i32, shift: i32, sums: usize,
): void {
  reduce<u16>(src, srcStride, w, h, dst, dstStride, channels, shift, sums);
}
