// Pixels that only change their place. A pixel is 1, 2, 3, 4, 6 or 8 bytes; `SIZE` is known where these are inlined.

@inline function put(q: usize, p: usize, SIZE: i32): void {
  if (SIZE == 1) store<u8>(q, load<u8>(p));
  else if (SIZE == 2) store<u16>(q, load<u16>(p));
  else if (SIZE == 3) { store<u16>(q, load<u16>(p)); store<u8>(q, load<u8>(p, 2), 2); }
  else if (SIZE == 4) store<u32>(q, load<u32>(p));
  else if (SIZE == 6) { store<u32>(q, load<u32>(p)); store<u16>(q, load<u16>(p, 4), 4); }
  else store<u64>(q, load<u64>(p));
}

// A rotation walks down the source's columns. In blocks the cache lines of one column still lie there for the next.
const BLOCK: i32 = 32;

@inline function moved(
  src: usize, xStep: i32, yStep: i32, dst: usize, dstStride: i32, w: i32, h: i32, SIZE: i32,
): void {
  for (let top = 0; top < h; top += BLOCK) {
    const bottom = min(top + BLOCK, h);
    for (let left = 0; left < w; left += BLOCK) {
      const bytes = <usize>(min(left + BLOCK, w) - left) * SIZE;
      for (let y = top; y < bottom; y++) {
        let p = src + <usize>y * yStep + <usize>left * xStep;
        let q = dst + <usize>y * dstStride + <usize>left * SIZE;
        const end = q + bytes;
        for (; q < end; q += SIZE, p += xStep) put(q, p, SIZE);
      }
    }
  }
}

export function move(
  src: usize, xStep: i32, yStep: i32, dst: usize, dstStride: i32, w: i32, h: i32, pixel: i32,
): void {
  if (pixel == 1) moved(src, xStep, yStep, dst, dstStride, w, h, 1);
  else if (pixel == 2) moved(src, xStep, yStep, dst, dstStride, w, h, 2);
  else if (pixel == 3) moved(src, xStep, yStep, dst, dstStride, w, h, 3);
  else if (pixel == 4) moved(src, xStep, yStep, dst, dstStride, w, h, 4);
  else if (pixel == 6) moved(src, xStep, yStep, dst, dstStride, w, h, 6);
  else moved(src, xStep, yStep, dst, dstStride, w, h, 8);
}

@inline function gathered(row: usize, columns: usize, dst: usize, w: i32, SIZE: i32): void {
  const end = dst + <usize>w * SIZE;
  for (let q = dst; q < end; q += SIZE, columns += 4) put(q, row + load<u32>(columns), SIZE);
}

export function gather(
  src: usize, rows: usize, columns: usize, dst: usize, dstStride: i32, w: i32, h: i32, pixel: i32,
): void {
  for (let y = 0; y < h; y++) {
    const from = load<u32>(rows + (<usize>y << 2));
    const q = dst + <usize>y * dstStride;
    if (y > 0 && from == load<u32>(rows + (<usize>(y - 1) << 2))) {
      memory.copy(q, q - dstStride, <usize>w * pixel);
      continue;
    }
    const row = src + from;
    if (pixel == 1) gathered(row, columns, q, w, 1);
    else if (pixel == 2) gathered(row, columns, q, w, 2);
    else if (pixel == 3) gathered(row, columns, q, w, 3);
    else if (pixel == 4) gathered(row, columns, q, w, 4);
    else if (pixel == 6) gathered(row, columns, q, w, 6);
    else gathered(row, columns, q, w, 8);
  }
}

export function fill(dst: usize, dstStride: i32, w: i32, h: i32, pixel: i32, colour: usize): void {
  const bytes = <usize>w * pixel;
  for (let x: usize = 0; x < bytes; x += pixel) memory.copy(dst + x, colour, pixel);
  for (let y = 1; y < h; y++) memory.copy(dst + <usize>y * dstStride, dst, bytes);
}
