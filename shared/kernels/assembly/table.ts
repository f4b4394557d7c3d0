// Table look-ups are scalar: sixteen byte shuffles a vector would cost more than sixteen loads.

@inline function row8(p: usize, n: i32, c: i32, t: usize): void {
  const end = p + <usize>n * c;
  if (c == 3) {
    const t1 = t + 256, t2 = t + 512;
    for (; p < end; p += 3) {
      store<u8>(p, load<u8>(t + load<u8>(p)));
      store<u8>(p, load<u8>(t1 + load<u8>(p, 1)), 1);
      store<u8>(p, load<u8>(t2 + load<u8>(p, 2)), 2);
    }
  } else if (c == 1) {
    const four = end - 3;
    for (; p < four; p += 4) {
      const v = load<u32>(p);
      store<u32>(p,
        <u32>load<u8>(t + (v & 255)) | (<u32>load<u8>(t + ((v >> 8) & 255)) << 8) |
        (<u32>load<u8>(t + ((v >> 16) & 255)) << 16) | (<u32>load<u8>(t + (v >> 24)) << 24));
    }
    for (; p < end; p++) store<u8>(p, load<u8>(t + load<u8>(p)));
  } else {
    for (; p < end; p += c) for (let k = 0; k < c; k++) store<u8>(p + k, load<u8>(t + (k << 8) + load<u8>(p + k)));
  }
}

export function table8(at: usize, stride: i32, width: i32, height: i32, channels: i32, tables: usize): void {
  for (let y = 0; y < height; y++) row8(at + <usize>y * stride, width, channels, tables);
}

export function table16(at: usize, stride: i32, width: i32, height: i32, channels: i32, tables: usize): void {
  for (let y = 0; y < height; y++) {
    let p = at + <usize>y * stride;
    for (let x = 0; x < width; x++) {
      for (let k = 0; k < channels; k++) {
        store<u16>(p, load<u16>(tables + (<usize>k << 17) + (<usize>load<u16>(p) << 1)));
        p += 2;
      }
    }
  }
}
