import { lumaOf } from "./colour";

@inline function count(at: usize, value: u32): void {
  const p = at + (<usize>value << 2);
  store<u32>(p, load<u32>(p) + 1);
}

@inline function histogram<T>(src: usize, srcStride: i32, w: i32, h: i32, channels: i32, counts: usize): void {
  const size = sizeof<T>();
  const bins: usize = size == 1 ? 1024 : 262144; // bytes a histogram
  const alpha = (channels & 1) == 0;
  const step = <usize>channels * size;
  for (let y = 0; y < h; y++) {
    let p = src + <usize>y * srcStride;
    for (let x = 0; x < w; x++, p += step) {
      if (alpha && load<T>(p + step - size) == 0) continue;
      const r = <u32>load<T>(p);
      count(counts, r);
      if (channels >= 3) {
        const g = <u32>load<T>(p + size), b = <u32>load<T>(p + 2 * size);
        count(counts + bins, g);
        count(counts + 2 * bins, b);
        count(counts + 3 * bins, lumaOf(r, g, b));
      }
    }
  }
}

export function histogram8(src: usize, srcStride: i32, w: i32, h: i32, channels: i32, counts: usize): void {
  histogram<u8>(src, srcStride, w, h, channels, counts);
}
export function histogram16(src: usize, srcStride: i32, w: i32, h: i32, channels: i32, counts: usize): void {
  histogram<u16>(src, srcStride, w, h, channels, counts);
}
