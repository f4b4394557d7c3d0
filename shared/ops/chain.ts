import {
  bytesPerPixel,
  colourChannels,
  hasAlpha,
  intersect,
  isEmpty,
  type PixelFormat,
  type Rect,
  type Shape,
  sampleMax,
  wholeOf,
} from "../geometry.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { copyRows, type Raster } from "../raster.ts";
import type { AlphaRule, AreaOp, CurveOp, MatrixOp, Plane, Step } from "./op.ts";
import { opNamed } from "./registry.ts";

/**
 * A chain is what one pass over tiles does: steps compiled for an image of a known shape. It answers backwards which
 * window of the input a rectangle of the output needs, and computes forwards, the whole way inside the kernels' memory.
 *
 * Each op rounds to the image's own depth, so a chain gives what its steps give one after another on whole images.
 */
export interface Chain {
  readonly input: Shape;
  readonly output: Shape;
  readonly passes: readonly Pass[];
}

interface Bounds {
  readonly input: Shape;
  readonly output: Shape;
}
type Curve = { readonly op: CurveOp; readonly params: Step };
interface TablePass extends Bounds {
  readonly kind: "table";
  readonly curves: readonly Curve[];
  tables?: Uint8Array;
}
interface MatrixPass extends Bounds {
  readonly kind: "matrix";
  readonly op: MatrixOp;
  readonly params: Step;
}
interface AreaPass extends Bounds {
  readonly kind: "area";
  readonly op: AreaOp;
  readonly params: Step;
}
export type Pass = TablePass | MatrixPass | AreaPass;

/** Compiles valid steps (parameters filled in) for `input`; statistics ops must have been resolved before. */
export function compileChain(steps: readonly Step[], input: Shape): Chain {
  const passes: Pass[] = [];
  let shape = input;
  for (const params of steps) {
    const op = opNamed(params.op);
    if (op.kind === "statistics") throw new Error(`${op.name} is not resolved`);
    if (op.kind === "curve") {
      const last = passes.at(-1);
      const curve = { op, params };
      if (last?.kind === "table") passes[passes.length - 1] = { ...last, curves: [...last.curves, curve] };
      else passes.push({ kind: "table", curves: [curve], input: shape, output: shape });
      continue;
    }
    const output = shapeAfter(params, shape);
    if (op.kind === "area") passes.push({ kind: "area", op, params, input: shape, output });
    else if (!(op.gray && colourChannels(shape) === 1))
      passes.push({ kind: "matrix", op, params, input: shape, output });
    shape = output;
  }
  return { input, output: shape, passes };
}

/** The shape of an image after one valid step. */
export function shapeAfter(step: Step, input: Shape): Shape {
  const op = opNamed(step.op);
  if (op.kind === "curve") return input;
  if (op.kind !== "matrix") return op.output?.(input, step as never) ?? input;
  const alpha = hasAlpha(input) ? 1 : 0;
  return { ...input, channels: ((op.gray ? 1 : 3) + alpha) as Shape["channels"] };
}

/** The rectangle of the chain's input that `out` (a rectangle of its output) needs; may be empty. */
export function windowOf(chain: Chain, out: Rect): Rect {
  let rect = out;
  for (let i = chain.passes.length - 1; i >= 0; i--)
    rect = clipped(chain.passes[i]!, needOf(chain.passes[i]!, rect));
  return rect;
}

function needOf(pass: Pass, out: Rect): Rect {
  if (pass.kind !== "area") return out;
  return isEmpty(out)
    ? { ...out, width: 0, height: 0 }
    : pass.op.window(out, pass.input, pass.params as never);
}

const NOTHING: Rect = { x: 0, y: 0, width: 0, height: 0 };

/** What of `need` lies in the image; where there is nothing, a rectangle that a view of any raster can take. */
function clipped(pass: Pass, need: Rect): Rect {
  const rect = intersect(need, wholeOf(pass.input));
  return isEmpty(rect) ? NOTHING : rect;
}

/** How the input of a pass lies in memory: `rect` of the image is there, inside a buffer that covers `buffer`. */
interface Layout {
  readonly rect: Rect;
  readonly buffer: Rect;
  readonly format: PixelFormat;
}

/** layouts[i] is the input of pass i; the last one is the chain's output. */
function layoutsOf(chain: Chain, out: Rect): Layout[] {
  const layouts: Layout[] = [{ rect: out, buffer: out, format: chain.output }];
  for (let i = chain.passes.length - 1; i >= 0; i--) {
    const pass = chain.passes[i]!;
    const next = layouts[0]!;
    const need = needOf(pass, next.rect);
    const rect = clipped(pass, need);
    // A table works in place, so its input lies as its output does.
    const keeps =
      pass.kind === "table" ? next.buffer : pass.kind === "area" && pass.op.extend === "edge" ? need : rect;
    layouts.unshift({ rect, buffer: isEmpty(rect) ? rect : keeps, format: pass.input });
  }
  return layouts;
}

const bytesOf = ({ buffer, format }: Layout): number => buffer.width * buffer.height * bytesPerPixel(format);

function planeAt(at: number, layout: Layout): Plane {
  const stride = layout.buffer.width * bytesPerPixel(layout.format);
  return { at, rect: layout.buffer, format: layout.format, stride };
}

/** The part of a plane that `rect` covers. */
function within(plane: Plane, rect: Rect): Plane {
  const at =
    plane.at + (rect.y - plane.rect.y) * plane.stride + (rect.x - plane.rect.x) * bytesPerPixel(plane.format);
  return { ...plane, at, rect };
}

/** Puts the pixels of a plane's rectangle where the plane lies; it may write up to 15 bytes past the end of a row. */
export type Fill = (plane: Plane) => void;

/**
 * Computes rectangle `out` of the chain's output from `source`, which must cover `windowOf(chain, out)`, or which fills
 * exactly that. The result lies in the kernels' memory until the next call.
 */
export function runChain(kernels: Kernels, chain: Chain, out: Rect, source: Raster | Fill): Plane {
  kernels.reset();
  const layouts = layoutsOf(chain, out);
  // Two banks in turn: passes never read and write the same one, and a long chain stays in the cache.
  const banks: [number, number] = [0, 0];
  const bankOf: number[] = [];
  let bank: 0 | 1 = 0;
  layouts.forEach((layout, i) => {
    if (i > 0 && chain.passes[i - 1]!.kind !== "table") bank = bank === 0 ? 1 : 0;
    bankOf.push(bank);
    banks[bank] = Math.max(banks[bank], bytesOf(layout));
  });
  // 64 bytes before each bank too: kernels may load a whole vector around the first pixel.
  const at = banks.map((size) => kernels.alloc(size + 64) + 64);
  const planes = layouts.map((layout, i) => planeAt(at[bankOf[i]!]!, layout));

  if (typeof source !== "function") load(kernels, planes[0]!, layouts[0]!.rect, source);
  else if (!isEmpty(layouts[0]!.rect)) source(within(planes[0]!, layouts[0]!.rect));
  chain.passes.forEach((pass, i) => {
    const target = within(planes[i + 1]!, layouts[i + 1]!.rect);
    if (isEmpty(target.rect)) return;
    if (pass.kind === "table") runTable(kernels, pass, target);
    else if (pass.kind === "matrix") runMatrix(kernels, pass, within(planes[i]!, layouts[i]!.rect), target);
    else {
      extendEdges(kernels, planes[i]!, layouts[i]!.rect);
      runArea(kernels, pass, planes[i]!, target);
    }
  });
  return within(planes.at(-1)!, out);
}

/** Copies a plane out of the kernels' memory into `target`, which has its size and format. */
export function unload(kernels: Kernels, plane: Plane, target: Raster): void {
  const bytes = plane.rect.width * bytesPerPixel(plane.format);
  const { at, stride } = plane;
  copyRows({ ...target, at: 0 }, { data: kernels.bytes, at, stride }, bytes, plane.rect.height);
}

function load(kernels: Kernels, plane: Plane, rect: Rect, source: Raster): void {
  const bytes = rect.width * bytesPerPixel(plane.format);
  const inner = within(plane, rect);
  const start =
    (rect.y - source.rect.y) * source.stride + (rect.x - source.rect.x) * bytesPerPixel(source.format);
  const { at, stride } = inner;
  copyRows({ data: kernels.bytes, at, stride }, { ...source, at: start }, bytes, rect.height);
}

/** Repeats the image's edge into what a buffer has beyond it. */
function extendEdges(kernels: Kernels, plane: Plane, rect: Rect): void {
  const { width, height } = plane.rect;
  if (isEmpty(rect) || (rect.width === width && rect.height === height)) return;
  const left = rect.x - plane.rect.x;
  const top = rect.y - plane.rect.y;
  const pixel = bytesPerPixel(plane.format);
  kernels.call.extend(plane.at, plane.stride, width, height, left, top, rect.width, rect.height, pixel);
}

function runTable(kernels: Kernels, pass: TablePass, plane: Plane): void {
  pass.tables ??= buildTables(pass);
  const mark = kernels.mark();
  const at = kernels.alloc(pass.tables.length);
  kernels.bytes.set(pass.tables, at);
  const { width, height } = plane.rect;
  const table = plane.format.depth === 8 ? kernels.call.table8 : kernels.call.table16;
  table(plane.at, plane.stride, width, height, plane.format.channels, at);
  kernels.release(mark);
}

/** One table per channel, in the channels' order, composed with a rounding after each curve; alpha maps to itself. */
function buildTables({ curves, input }: TablePass): Uint8Array {
  const max = sampleMax(input.depth);
  const size = max + 1;
  const colours = colourChannels(input);
  const all =
    input.depth === 8 ? new Uint8Array(size * input.channels) : new Uint16Array(size * input.channels);
  for (let channel = 0; channel < input.channels; channel++) {
    const table = all.subarray(channel * size, (channel + 1) * size);
    for (let v = 0; v < size; v++) table[v] = v;
    if (channel >= colours) continue;
    for (const { op, params } of curves) {
      const curve = op.curve(params as never, max, channel);
      const step = new Float64Array(size);
      for (let v = 0; v < size; v++) step[v] = Math.min(max, Math.max(0, Math.floor(curve(v) + 0.5)));
      for (let v = 0; v < size; v++) table[v] = step[table[v]!]!;
    }
  }
  return new Uint8Array(all.buffer);
}

function runMatrix(kernels: Kernels, pass: MatrixPass, source: Plane, target: Plane): void {
  const coefficients = matrixFor(pass);
  const mark = kernels.mark();
  const at = kernels.alloc(coefficients.byteLength);
  kernels.bytes.set(new Uint8Array(coefficients.buffer), at);
  const { width, height } = target.rect;
  const matrix = source.format.depth === 8 ? kernels.call.matrix8 : kernels.call.matrix16;
  const channels = source.format.channels;
  matrix(
    source.at,
    source.stride,
    target.at,
    target.stride,
    width,
    height,
    channels,
    pass.op.gray ? 1 : 3,
    at,
  );
  kernels.release(mark);
}

/** Columns of four (red, green, blue out, unused): what red, green, blue and 1 add, in sample units. */
function matrixFor({ op, params, input }: MatrixPass): Float32Array<ArrayBuffer> {
  const rows = op.matrix(params as never);
  const out = new Float32Array(16);
  for (let row = 0; row < rows.length / 4; row++) {
    for (let column = 0; column < 4; column++) {
      const scale = column === 3 ? sampleMax(input.depth) : 1;
      out[column * 4 + row] = rows[row * 4 + column]! * scale;
    }
  }
  return out;
}

function alphaRule({ op, params }: AreaPass): AlphaRule {
  return typeof op.alpha === "function" ? op.alpha(params as never) : op.alpha;
}

function runArea(kernels: Kernels, pass: AreaPass, source: Plane, target: Plane): void {
  const mark = kernels.mark();
  if (!hasAlpha(pass.input) || alphaRule(pass) === "move") compute(kernels, pass, source, target);
  else computePremultiplied(kernels, pass, source, target);
  kernels.release(mark);
}

function compute(kernels: Kernels, pass: AreaPass, source: Plane, target: Plane): void {
  const scratch = (bytes: number) => kernels.alloc(bytes + 64) + 64;
  pass.op.compute({ kernels, source, target, params: pass.params as never, image: pass.input, scratch });
}

/**
 * Filters see premultiplied colour at 16 bits, whatever the image's depth: at 8 bits, colour under faint alpha would
 * be lost. An opaque image goes through exactly: 255 · 257 is 65535 and back.
 */
function computePremultiplied(kernels: Kernels, pass: AreaPass, source: Plane, target: Plane): void {
  const { call } = kernels;
  const wide = packed(kernels, source, 16);
  const { channels, depth } = source.format;
  const premultiply = depth === 8 ? call.premultiply8 : call.premultiply16;
  premultiply(
    source.at,
    source.stride,
    wide.at,
    wide.stride,
    source.rect.width,
    source.rect.height,
    channels,
  );
  const result = packed(kernels, target, 16);
  compute(kernels, { ...pass, input: { ...pass.input, depth: 16 } }, wide, result);
  const { width, height } = target.rect;
  if (alphaRule(pass) === "keep") {
    const from = within(wide, target.rect);
    call.copyAlpha16(
      from.at,
      from.stride,
      result.at,
      result.stride,
      width,
      height,
      channels,
      result.format.channels,
    );
  }
  const unpremultiply = depth === 8 ? call.unpremultiply8 : call.unpremultiply16;
  unpremultiply(result.at, result.stride, target.at, target.stride, width, height, result.format.channels);
}

function packed(kernels: Kernels, like: Plane, depth: 8 | 16): Plane {
  const format = { channels: like.format.channels, depth };
  const stride = like.rect.width * bytesPerPixel(format);
  const at = kernels.alloc(stride * like.rect.height + 64) + 64;
  return { at, rect: like.rect, format, stride };
}

/** Bytes beyond which a tile is neither planned nor begun. */
export const FOOTPRINT_MAX = 512 << 20;

/** The most bytes that any one image along the chain takes for `out`: what a thread needs, within a small factor. */
export function footprint(chain: Chain, out: Rect): number {
  return Math.max(...layoutsOf(chain, out).map(bytesOf));
}

/** What an op takes that does not say: about a 3 × 3 kernel, or a table. */
const TAPS = { area: 10, matrix: 4, table: 2 } as const;

/** How much there is to do for rectangle `out` of a chain's output, in taps of samples (see `AreaOp.taps`). */
export function workOf(chain: Chain, out: Rect): number {
  const layouts = layoutsOf(chain, out);
  return chain.passes.reduce((sum, pass, i) => {
    const { buffer, format } = layouts[i]!;
    const taps = (pass.kind === "area" && pass.op.taps?.(pass.params as never)) || TAPS[pass.kind];
    return sum + buffer.width * buffer.height * format.channels * taps;
  }, 0);
}
