/**
 * What the compiled kernels export. Sources and targets are byte offsets, strides are bytes, widths and heights are
 * pixels unless said otherwise. Rows are written from the top down; a kernel may write up to 15 bytes past a row's end
 * as long as the rows below are written later, and may read 64 bytes around its input.
 */
type N = number;

export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  readonly heapBase: WebAssembly.Global;

  /** Copies rows of `bytes` bytes. */
  copy(src: N, srcStride: N, dst: N, dstStride: N, bytes: N, rows: N): void;

  /** Repeats the edge of the inner rectangle (left, top, innerWidth, innerHeight) over the rest of the buffer. */
  extend(at: N, stride: N, width: N, height: N, left: N, top: N, innerW: N, innerH: N, pixelBytes: N): void;

  /** In place: each sample through its channel's table (256 bytes, or 65536 16-bit entries, a channel). */
  table8(at: N, stride: N, width: N, height: N, channels: N, tables: N): void;
  table16(at: N, stride: N, width: N, height: N, channels: N, tables: N): void;

  /** Four columns of four f32; `channels` of the source, `colours` (1 or 3) of the target; alpha is carried over. */
  matrix8(src: N, srcStride: N, dst: N, dstStride: N, w: N, h: N, channels: N, colours: N, columns: N): void;
  matrix16(src: N, srcStride: N, dst: N, dstStride: N, w: N, h: N, channels: N, colours: N, columns: N): void;

  /** Straight 8- or 16-bit to premultiplied 16-bit, and back. */
  premultiply8(src: N, srcStride: N, dst: N, dstStride: N, w: N, h: N, channels: N): void;
  premultiply16(src: N, srcStride: N, dst: N, dstStride: N, w: N, h: N, channels: N): void;
  unpremultiply8(src: N, srcStride: N, dst: N, dstStride: N, w: N, h: N, channels: N): void;
  unpremultiply16(src: N, srcStride: N, dst: N, dstStride: N, w: N, h: N, channels: N): void;
  /** Copies the last channel of a 16-bit source over that of a 16-bit target. */
  copyAlpha16(src: N, srcStride: N, dst: N, dstStride: N, w: N, h: N, srcChannels: N, dstChannels: N): void;

  /** Adds to u32 counts: a histogram a colour channel, then for RGB one of the luma. */
  histogram8(src: N, srcStride: N, w: N, h: N, channels: N, counts: N): void;
  histogram16(src: N, srcStride: N, w: N, h: N, channels: N, counts: N): void;

  /** BT.601 luma, rounded: 3 or 4 channels to 1 or 2, alpha carried over. */
  luma8(src: N, srcStride: N, dst: N, dstStride: N, w: N, h: N, channels: N): void;
  luma16(src: N, srcStride: N, dst: N, dstStride: N, w: N, h: N, channels: N): void;

  /**
   * Separable Gaussian. `src` is the first sample of a source `radius` pixels larger on each side than the target;
   * weights: 8-bit i16 in Q15, 16-bit f32, centre first, the others doubled; `line` holds one source row at 2 (4)
   * bytes a sample and 64 bytes more.
   */
  gauss8(src: N, srcStride: N, dst: N, dstStride: N, w: N, h: N, channels: N, weights: N, radius: N, line: N): void;
  gauss16(src: N, srcStride: N, dst: N, dstStride: N, w: N, h: N, channels: N, weights: N, radius: N, line: N): void;
}
