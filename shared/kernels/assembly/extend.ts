/** Repeats the edge pixels of an inner rectangle over the rest of its buffer. */
export function extend(
  at: usize, stride: i32, width: i32, height: i32,
  left: i32, top: i32, innerWidth: i32, innerHeight: i32, pixel: i32,
): void {
  const right = left + innerWidth;
  for (let y = top; y < top + innerHeight; y++) {
    const row = at + <usize>y * stride;
    const first = row + <usize>left * pixel;
    for (let x = 0; x < left; x++) memory.copy(row + <usize>x * pixel, first, pixel);
    const last = row + <usize>(right - 1) * pixel;
    for (let x = right; x < width; x++) memory.copy(row + <usize>x * pixel, last, pixel);
  }
  const bytes = <usize>width * pixel;
  const firstRow = at + <usize>top * stride;
  for (let y = 0; y < top; y++) memory.copy(at + <usize>y * stride, firstRow, bytes);
  const bottom = top + innerHeight;
  const lastRow = at + <usize>(bottom - 1) * stride;
  for (let y = bottom; y < height; y++) memory.copy(at + <usize>y * stride, lastRow, bytes);
}
