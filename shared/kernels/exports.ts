/**
 * What the compiled kernels export. Sources and targets are byte offsets, strides are bytes, widths and heights are
 * pixels unless said otherwise. Rows are written from the top down; a kernel may write up to 15 bytes past a row's end
 * as long as the rows below are written later, and may read 64 bytes around its input.
 */
import type { Channels, Depth } from "../geometry.ts";

type N = number;

type Resize = (
  ...args: [
    ...[src: N, srcStride: N, samples: N, dst: N, dstStride: N, w: N, h: N, channels: N],
    ...[rows: N, rowTaps: N, columns: N, columnTaps: N, line: N],
  ]
) => void;

/** By depth and channels. */
type ByFormat<Name extends string, Kernel> = Readonly<Record<`${Name}${Depth}x${Channels}`, Kernel>>;

/**
 * A plane's numbers by blocks (see `shared/payload/bits.ts`): a byte of width a block, and the blocks themselves; answers
 * where they end. Gives up at the end of the row that passes `limit`. `scratch` holds 2048 bytes and a row.
 */
type ToBits = (
  ...args: [...[src: N, srcStride: N, w: N, h: N], ...[widths: N, blocks: N, limit: N, scratch: N]]
) => N;
type FromBits = (
  ...args: [...[widths: N, blocks: N], ...[dst: N, dstStride: N, w: N, h: N], scratch: N]
) => void;

export interface KernelExports extends ByFormat<"toBits", ToBits>, ByFormat<"fromBits", FromBits> {
  readonly memory: WebAssembly.Memory;
  readonly heapBase: WebAssembly.Global;

  /** Copies rows of `bytes` bytes. */
  copy(src: N, srcStride: N, dst: N, dstStride: N, bytes: N, rows: N): void;

  /** Repeats the edge of the inner rectangle (left, top, innerWidth, innerHeight) over the rest of the buffer. */
  extend(at: N, stride: N, width: N, height: N, left: N, top: N, innerW: N, innerH: N, pixelBytes: N): void;

  /** out(x, y) = the pixel of `pixel` bytes (1, 2, 3, 4, 6 or 8) at src + x·xStep + y·yStep; steps are bytes, also < 0. */
  move(src: N, xStep: N, yStep: N, dst: N, dstStride: N, w: N, h: N, pixel: N): void;
  /** out(x, y) = the pixel at src + rows[y] + columns[x]: u32 byte offsets. */
  gather(src: N, rows: N, columns: N, dst: N, dstStride: N, w: N, h: N, pixel: N): void;
  /** Every pixel becomes the one at `colour`. */
  fill(dst: N, dstStride: N, w: N, h: N, pixel: N, colour: N): void;

  /**
   * Separable resampling, rows first. `samples` is the window's width × channels. A table's record: u32 byte offset of
   * the first tap (rows: from `src`; columns: from `line`), then weights, i16 in Q14 (resize8: 1 or 3 channels; rows
   * padded to an even number, columns to 2 a record or, for gray, 8) or f32 (columns of gray padded to 4). Three column
   * records more than `w` are read; `line` holds `samples` times 2 (resize8) or 4 bytes and 64 more.
   */
  resize8: Resize;
  resizeWide8: Resize;
  resize16: Resize;

  /**
   * A payload's planes (see `shared/payload`): what a predictor leaves of each channel, w × h bytes; of
   * 16 bits all high bytes before all low ones. `lines` holds five times (4 samples a pixel + 144 bytes).
   */
  toPlanes8(src: N, srcStride: N, w: N, h: N, channels: N, planes: N, lines: N): void;
  toPlanes16(src: N, srcStride: N, w: N, h: N, channels: N, planes: N, lines: N): void;
  fromPlanes8(planes: N, dst: N, dstStride: N, w: N, h: N, channels: N, lines: N): void;
  fromPlanes16(planes: N, dst: N, dstStride: N, w: N, h: N, channels: N, lines: N): void;

  /** `count` widths, two a byte, in place. */
  packWidths(widths: N, count: N): void;
  /** The other way; answers the sum of all, or −1 if one is more than 8 or there is one too many. */
  unpackWidths(src: N, count: N, widths: N): N;

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
  gauss8(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    w: N,
    h: N,
    channels: N,
    weights: N,
    radius: N,
    line: N,
  ): void;
  gauss16(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    w: N,
    h: N,
    channels: N,
    weights: N,
    radius: N,
    line: N,
  ): void;

  /** 3 × 3 on bytes, nine i16 weights; `src` is the target's first sample, n samples a row, `step` samples a pixel. */
  convolve3x8(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    n: N,
    h: N,
    step: N,
    weights: N,
    plain: boolean,
    divisor: N,
    offset: N,
  ): void;
  /** `count` taps of an i32 byte offset and an i32 (f32) weight. `plain`: divisor 1, offset 0. */
  convolve8(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    n: N,
    h: N,
    taps: N,
    count: N,
    divisor: N,
    offset: N,
  ): void;
  convolve8f(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    n: N,
    h: N,
    taps: N,
    count: N,
    divisor: N,
    offset: N,
  ): void;
  convolve16(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    n: N,
    h: N,
    channels: N,
    taps: N,
    count: N,
    plain: boolean,
    divisor: N,
    offset: N,
  ): void;
  convolve16f(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    n: N,
    h: N,
    channels: N,
    taps: N,
    count: N,
    divisor: N,
    offset: N,
  ): void;

  // From here on `src` is the first sample of a window with a margin of the radius on each side.

  /** Sobel magnitude of the luma: 1 or 3 (16-bit: 1 to 4) channels to 1 or 2; three lines of luma, `pitch` bytes apart. */
  edges8(src: N, srcStride: N, dst: N, dstStride: N, w: N, h: N, channels: N, lines: N, pitch: N): void;
  edges16(src: N, srcStride: N, dst: N, dstStride: N, w: N, h: N, channels: N, lines: N, pitch: N): void;

  /** Mean of a square; `sums` holds a window's row at twice the sample size; see `divider` for the last two. */
  box8(src: N, srcStride: N, dst: N, dstStride: N, w: N, h: N, channels: N, radius: N, sums: N): void;
  box16(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    w: N,
    h: N,
    channels: N,
    radius: N,
    sums: N,
    multiplier: N,
    shift: N,
  ): void;

  /** Least and greatest of a square: `line` holds two rows of the window, `plane` as many rows as it has, `pitch` apart. */
  erode8(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    w: N,
    h: N,
    channels: N,
    radius: N,
    line: N,
    plane: N,
    pitch: N,
  ): void;
  erode16(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    w: N,
    h: N,
    channels: N,
    radius: N,
    line: N,
    plane: N,
    pitch: N,
  ): void;
  dilate8(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    w: N,
    h: N,
    channels: N,
    radius: N,
    line: N,
    plane: N,
    pitch: N,
  ): void;
  dilate16(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    w: N,
    h: N,
    channels: N,
    radius: N,
    line: N,
    plane: N,
    pitch: N,
  ): void;

  /** Median of a square, radius 1 to 3; 2r + 1 lines of a window's row, `pitch` bytes apart. */
  median8(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    w: N,
    h: N,
    channels: N,
    radius: N,
    lines: N,
    pitch: N,
  ): void;
  median16(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    w: N,
    h: N,
    channels: N,
    radius: N,
    lines: N,
    pitch: N,
  ): void;

  /** Taps: an i32 byte offset in an f32 plane, an f32 log2 of the weight; `fall` is −log2(e)/2σ² in sample units. */
  bilateral8(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    w: N,
    h: N,
    channels: N,
    radius: N,
    taps: N,
    count: N,
    fall: N,
    planes: N,
    pitch: N,
    line: N,
  ): void;
  bilateral16(
    src: N,
    srcStride: N,
    dst: N,
    dstStride: N,
    w: N,
    h: N,
    channels: N,
    radius: N,
    taps: N,
    count: N,
    fall: N,
    planes: N,
    pitch: N,
    line: N,
  ): void;

  /** in + amount · (in − blurred) where the difference is above `threshold` (sample units); n samples a row, no margin. */
  unsharp8(
    src: N,
    srcStride: N,
    blurred: N,
    blurredStride: N,
    dst: N,
    dstStride: N,
    n: N,
    h: N,
    amount: N,
    threshold: N,
  ): void;
  unsharp16(
    src: N,
    srcStride: N,
    blurred: N,
    blurredStride: N,
    dst: N,
    dstStride: N,
    n: N,
    h: N,
    amount: N,
    threshold: N,
  ): void;

  /** Block means; the w × h source begins on the grid, the target `left` and `top` pixels into it. */
  pixelate8(
    src: N,
    srcStride: N,
    w: N,
    h: N,
    dst: N,
    dstStride: N,
    left: N,
    top: N,
    targetW: N,
    targetH: N,
    channels: N,
    size: N,
    sums: N,
    line: N,
  ): void;
  pixelate16(
    src: N,
    srcStride: N,
    w: N,
    h: N,
    dst: N,
    dstStride: N,
    left: N,
    top: N,
    targetW: N,
    targetH: N,
    channels: N,
    size: N,
    sums: N,
    line: N,
  ): void;

  /** Means over squares of 2^shift pixels, cut at the source's right and bottom; `sums` holds w × channels × 4 bytes, with alpha 8. */
  reduce8(src: N, srcStride: N, w: N, h: N, dst: N, dstStride: N, channels: N, shift: N, sums: N): void;
  reduce16(src: N, srcStride: N, w: N, h: N, dst: N, dstStride: N, channels: N, shift: N, sums: N): void;
}
