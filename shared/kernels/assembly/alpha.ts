// c·a/max and back, rounded. 8-bit samples widen by 257, so 255 is 65535.

@inline function premultiply<T>(src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32): void {
  const size = sizeof<T>();
  const scale: u32 = size == 1 ? 257 : 1;
  for (let y = 0; y < h; y++) {
    let p = src + <usize>y * srcStride, q = dst + <usize>y * dstStride;
    for (let x = 0; x < w; x++) {
      const a = <u32>load<T>(p + <usize>(channels - 1) * size) * scale;
      for (let k = 0; k < channels - 1; k++) {
        const c = <u32>load<T>(p) * scale;
        store<u16>(q, <u16>((<u64>c * a + 32767) / 65535));
        p += size;
        q += 2;
      }
      store<u16>(q, <u16>a);
      p += size;
      q += 2;
    }
  }
}

@inline function unpremultiply<T>(src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32): void {
  const size = sizeof<T>();
  for (let y = 0; y < h; y++) {
    let p = src + <usize>y * srcStride, q = dst + <usize>y * dstStride;
    for (let x = 0; x < w; x++) {
      const a = <u32>load<u16>(p + (<usize>(channels - 1) << 1));
      for (let k = 0; k < channels - 1; k++) {
        let c: u32 = 0;
        if (a != 0) {
          const v = (<u64>load<u16>(p) * 65535 + (a >> 1)) / a;
          c = v > 65535 ? 65535 : <u32>v;
        }
        store<T>(q, size == 1 ? <T>((c + 128) / 257) : <T>c);
        p += 2;
        q += size;
      }
      store<T>(q, size == 1 ? <T>((a + 128) / 257) : <T>a);
      p += 2;
      q += size;
    }
  }
}

export function premultiply8(src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32): void {
  premultiply<u8>(src, srcStride, dst, dstStride, w, h, channels);
}
export function premultiply16(src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32): void {
  premultiply<u16>(src, srcStride, dst, dstStride, w, h, channels);
}
export function unpremultiply8(src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32): void {
  unpremultiply<u8>(src, srcStride, dst, dstStride, w, h, channels);
}
export function unpremultiply16(src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32): void {
  unpremultiply<u16>(src, srcStride, dst, dstStride, w, h, channels);
}

export function copyAlpha16(
  src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, srcChannels: i32, dstChannels: i32,
): void {
  for (let y = 0; y < h; y++) {
    let p = src + <usize>y * srcStride + (<usize>(srcChannels - 1) << 1);
    let q = dst + <usize>y * dstStride + (<usize>(dstChannels - 1) << 1);
    for (let x = 0; x < w; x++) {
      store<u16>(q, load<u16>(p));
      p += <usize>srcChannels << 1;
      q += <usize>dstChannels << 1;
    }
  }
}
