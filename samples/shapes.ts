import { hash } from "./noise.ts";

/**
 * Things with hard edges that lie in a picture: discs, boxes, slanted panes, fine stripes, lines of letters. Each lies
 * inside one cell of a square grid and follows from (seed, cell) alone.
 */
export interface Shape {
  readonly kind: "disc" | "box" | "pane" | "stripes" | "text";
  readonly left: number;
  readonly top: number;
  /** Width and height of the square that it fills. */
  readonly side: number;
  /** Samples 0..65535 of red, green, blue and alpha. */
  readonly colour: readonly [number, number, number, number];
  readonly bits: number;
}

/** Columns `from` to `to` (exclusive) of one row. */
export type Span = (from: number, to: number) => void;

const KINDS = ["disc", "box", "pane", "stripes", "text"] as const;
const LETTER = 6;

/** The thing in the cell, if there is one; about `share` of 256 cells have one. */
export function shapeIn(
  seed: number,
  cell: number,
  column: number,
  row: number,
  share: number,
): Shape | undefined {
  const where = hash(seed, column, row);
  if ((where & 0xff) >= share) return undefined;
  const what = hash(seed + 1, column, row);
  const side = Math.floor((cell * (96 + ((where >>> 8) & 0x7f))) / 256);
  const room = cell - side;
  return {
    kind: KINDS[what % KINDS.length]!,
    left: column * cell + (((where >>> 16) & 0xff) % (room + 1)),
    top: row * cell + ((where >>> 24) % (room + 1)),
    side,
    colour: colourOf(hash(seed + 2, column, row)),
    bits: what >>> 3,
  };
}

/** Mostly muted, now and then pure black, white or a full colour; sometimes a hole, sometimes half clear. */
function colourOf(bits: number): Shape["colour"] {
  const alpha = [65535, 65535, 65535, 0, 32768, 65535, 20000, 65535][(bits >>> 24) & 7]!;
  if ((bits & 7) === 0) return [0, 0, 0, alpha];
  if ((bits & 7) === 1) return [65535, 65535, 65535, alpha];
  if ((bits & 7) === 2) return [bits & 8 ? 65535 : 0, bits & 16 ? 65535 : 0, bits & 32 ? 65535 : 0, alpha];
  const part = (shift: number) => 10000 + ((bits >>> shift) & 0x3f) * 700;
  return [part(3), part(9), part(15), alpha];
}

/** Calls `span` for every run of columns that the shape covers in row `y`. */
export function spansOf(shape: Shape, y: number, span: Span): void {
  const down = y - shape.top;
  if (down < 0 || down >= shape.side) return;
  const { left, side, bits } = shape;
  switch (shape.kind) {
    case "disc": {
      const radius = side / 2;
      const half = Math.sqrt(Math.max(0, radius * radius - (down + 0.5 - radius) ** 2));
      span(Math.round(left + radius - half), Math.round(left + radius + half));
      break;
    }
    case "box":
      span(left, left + side);
      break;
    case "pane": {
      const lean = bits & 1 ? down >> 1 : (side - down) >> 1;
      span(left + lean, left + lean + (side >> 1));
      break;
    }
    case "stripes":
      stripes(shape, down, span);
      break;
    case "text":
      letters(shape, down, span);
      break;
  }
}

/** Stripes of 1 to 8 pixels: upright, level or at 45 degrees. */
function stripes({ left, side, bits }: Shape, down: number, span: Span): void {
  const wide = 1 + (bits & 7);
  const lean = (bits >>> 3) % 3;
  if (lean === 2) {
    if (Math.floor(down / wide) % 2 === 0) span(left, left + side);
    return;
  }
  const shift = lean === 0 ? 0 : down % (2 * wide);
  for (let x = -shift; x < side; x += 2 * wide) {
    const from = Math.max(0, x);
    const to = Math.min(side, x + wide);
    if (from < to) span(left + from, left + to);
  }
}

/** Lines of letter-like blots, four dots wide and five high, each dot 1 to 4 pixels. */
function letters({ left, side, bits }: Shape, down: number, span: Span): void {
  const dot = 1 + (bits & 3);
  const line = Math.floor(down / (dot * (LETTER + 1)));
  const row = Math.floor(down / dot) % (LETTER + 1);
  if (row >= 5) return;
  const count = Math.floor(side / (dot * LETTER));
  for (let letter = 0; letter < count; letter++) {
    const pattern = (hash(bits, letter, line) >>> (row * 5)) & 0x0f;
    for (let i = 0; i < 4; i++) {
      if (((pattern >>> i) & 1) === 0) continue;
      const from = left + (letter * LETTER + i) * dot;
      span(from, from + dot);
    }
  }
}
