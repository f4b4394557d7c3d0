// c·a/max and back, rounded. 8-bit samples widen by 257, so 255 is 65535.

// x / 65535 rounded, for products of two 16-bit numbers: exact, without a division.
@inline function scaled(x: v128): v128 {
  const t = i32x4.add(x, i32x4.splat(32768));
  return i32x4.shr_u(i32x4.add(t, i32x4.shr_u(t, 16)), 16);
}

/** Four channels, two pixels at a time; gives how many of a row's pixels are done. */
@inline function premultiplyRow4<T>(p: usize, q: usize, w: i32): i32 {
  const size = sizeof<T>();
  const most = i16x8.splat(-1);
  let x = 0;
  for (; x + 2 <= w; x += 2, p += 8 * size, q += 16) {
    const v = size == 1 ? i16x8.mul(v128.load_ext<u8>(p), i16x8.splat(257)) : v128.load(p);
    // alpha itself is multiplied by 1
    const a = i16x8.shuffle(v, most, 3, 3, 3, 8, 7, 7, 7, 8);
    v128.store(q, i16x8.narrow_i32x4_u(scaled(i32x4.extmul_low_i16x8_u(v, a)), scaled(i32x4.extmul_high_i16x8_u(v, a))));
  }
  return x;
}

@inline function premultiply<T>(src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32): void {
  const size = sizeof<T>();
  const scale: u32 = size == 1 ? 257 : 1;
  for (let y = 0; y < h; y++) {
    let p = src + <usize>y * srcStride, q = dst + <usize>y * dstStride;
    const done = channels == 4 ? premultiplyRow4<T>(p, q, w) : 0;
    p += <usize>done * 4 * size;
    q += <usize>done * 8;
    for (let x = done; x < w; x++) {
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
