/** Rows of bytes from one place to another. */
export function copy(src: usize, srcStride: i32, dst: usize, dstStride: i32, bytes: i32, rows: i32): void {
  for (let y = 0; y < rows; y++) memory.copy(dst + <usize>y * dstStride, src + <usize>y * srcStride, bytes);
}
