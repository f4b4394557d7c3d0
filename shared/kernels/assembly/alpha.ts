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

/** Four channels, a pixel a vector. Doubles: the quotient's distance to the next half is far above their rounding. */
@inline function unpremultiplyRow4<T>(p: usize, q: usize, w: i32): void {
  const size = sizeof<T>();
  const half = f64x2.splat(0.5), most = i32x4.splat(65535);
  for (const end = p + (<usize>w << 3); p < end; p += 8, q += 4 * size) {
    let v = v128.load_ext<u16>(p);
    const a = <u32>i32x4.extract_lane(v, 3);
    if (a == 0) v = i32x4.splat(0);
    else if (a != 65535) {
      const scale = f64x2.splat(65535), by = f64x2.splat(<f64>a);
      const low = f64x2.div(f64x2.mul(f64x2.convert_low_i32x4_u(v), scale), by);
      const high = f64x2.div(f64x2.mul(f64x2.convert_low_i32x4_u(i32x4.shuffle(v, v, 2, 3, 2, 3)), scale), by);
      const rg = i32x4.trunc_sat_f64x2_u_zero(f64x2.add(low, half));
      const ba = i32x4.trunc_sat_f64x2_u_zero(f64x2.add(high, half));
      v = i32x4.replace_lane(i32x4.min_u(i32x4.shuffle(rg, ba, 0, 1, 4, 5), most), 3, a);
    }
    if (size == 1) {
      // (v + 128) / 257, exact for all 16-bit values
      const b = i32x4.shr_u(i32x4.mul(i32x4.add(v, i32x4.splat(128)), i32x4.splat(65281)), 24);
      const n = i16x8.narrow_i32x4_u(b, b);
      v128.store32_lane(q, i8x16.narrow_i16x8_u(n, n), 0);
    } else v128.store64_lane(q, i16x8.narrow_i32x4_u(v, v), 0);
  }
}

@inline function unpremultiply<T>(src: usize, srcStride: i32, dst: usize, dstStride: i32, w: i32, h: i32, channels: i32): void {
  const size = sizeof<T>();
  for (let y = 0; y < h; y++) {
    let p = src + <usize>y * srcStride, q = dst + <usize>y * dstStride;
    if (channels == 4) {
      unpremultiplyRow4<T>(p, q, w);
      continue;
    }
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
