import { bytesPerPixel, hasAlpha, type Shape as PictureShape } from "../shared/geometry.ts";
import { Field, hash, NODE_PIXELS } from "./noise.ts";
import { colourise } from "./palette.ts";
import { type Shape, shapeIn, spansOf } from "./shapes.ts";
import { type Texture, textureRow, textures } from "./texture.ts";

/**
 * A made-up photograph: slow light and colour, clouds and blots, cloth-like and grainy texture, things with hard edges,
 * and where there is alpha, soft and hard borders of it. A sample follows from (x, y, channel, seed) alone: a smaller
 * picture is the corner of a larger one, and 8 bits are the upper half of 16.
 */
export interface PictureSpec extends PictureShape {
  readonly seed: number;
}

/** Rows `y` to `y + rows` of a picture, packed. */
export interface Band {
  readonly y: number;
  readonly rows: number;
  readonly bytes: Uint8Array;
}

/** The whole picture, from top to bottom. A band's bytes are used again for the next one. */
export function* bands(spec: PictureSpec, rowsPerBand = 64): Generator<Band> {
  const picture = new Picture(spec);
  const rowBytes = spec.width * bytesPerPixel(spec);
  const buffer = new Uint8Array(rowBytes * Math.min(rowsPerBand, spec.height));
  for (let y = 0; y < spec.height; y += rowsPerBand) {
    const rows = Math.min(rowsPerBand, spec.height - y);
    const bytes = buffer.subarray(0, rows * rowBytes);
    picture.fill(y, rows, bytes);
    yield { y, rows, bytes };
  }
}

/** The whole picture at once, for small ones. */
export function wholePicture(spec: PictureSpec): Uint8Array {
  const bytes = new Uint8Array(spec.width * spec.height * bytesPerPixel(spec));
  new Picture(spec).fill(0, spec.height, bytes);
  return bytes;
}

// A row is summed in units of 1/32 of a 16-bit step, so that the straight runs between nodes stay whole numbers.
const FRACTION_BITS = 5;

/** Grids of things with hard edges: side of a cell, and how many of 256 cells hold one. */
const GRIDS = [
  { cell: 1280, share: 40 },
  { cell: 320, share: 52 },
  { cell: 96, share: 30 },
] as const;

/** Makes any rows of one picture, in any order. */
export class Picture {
  private readonly nodes: number;
  private readonly light: Field;
  private readonly warmth: Field;
  private readonly tint: Field;
  private readonly rough: Field;
  private readonly clear: Field;
  private readonly fibre: Texture;
  private readonly grain: Texture;
  /** Where in the textures this picture begins, across and down. */
  private readonly shift: number;
  private readonly grids: readonly Grid[];
  private readonly level: Float64Array;
  private readonly red: Float64Array;
  private readonly green: Float64Array;
  private readonly blue: Float64Array;
  private readonly detail: Float64Array;
  private readonly alpha: Float64Array;

  constructor(readonly spec: PictureSpec) {
    const nodes = Math.ceil(spec.width / NODE_PIXELS) + 1;
    const seed = hash(spec.seed, 1, 2);
    const field = (salt: number, cells: readonly number[], amplitudes: readonly number[]) =>
      new Field(
        seed + salt,
        nodes,
        cells.map((cell, i) => ({ cell, amplitude: amplitudes[i]! })),
      );
    this.nodes = nodes;
    this.light = field(100, [4096, 1024, 256, 64], [0.9, 0.6, 0.25, 0.08]);
    this.warmth = field(200, [2048, 512], [1700, 800]);
    this.tint = field(300, [1024, 256], [900, 500]);
    this.rough = field(400, [768, 192], [50, 40]);
    this.clear = field(500, [1536, 256], [90000, 60000]);
    ({ fibre: this.fibre, grain: this.grain } = textures());
    this.shift = seed & 0xffff;
    this.grids = GRIDS.map(({ cell, share }, i) => new Grid(seed + 800 + i * 10, cell, share, spec.width));
    this.level = new Float64Array(nodes);
    this.red = new Float64Array(nodes);
    this.green = new Float64Array(nodes);
    this.blue = new Float64Array(nodes);
    this.detail = new Float64Array(nodes);
    this.alpha = new Float64Array(nodes);
  }

  /** Writes rows `y` to `y + rows` to `bytes`, packed; 16-bit samples little-endian, at an even address. */
  fill(y: number, rows: number, bytes: Uint8Array): void {
    const { width, channels, depth } = this.spec;
    const samples =
      depth === 8 ? bytes : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1);
    const rowSamples = width * channels;
    for (let i = 0; i < rows; i++) this.row(y + i, samples.subarray(i * rowSamples, (i + 1) * rowSamples));
  }

  private row(y: number, out: Uint8Array | Uint16Array): void {
    this.loadNodes(y);
    if (this.spec.channels < 3) this.gray(y, out);
    else this.colour(y, out);
    if (hasAlpha(this.spec)) this.transparency(out);
    for (const grid of this.grids) for (const shape of grid.inRow(y)) this.paint(shape, y, out);
  }

  private loadNodes(y: number): void {
    const { level, red, green, blue, detail, alpha } = this;
    level.fill(0);
    this.light.addRow(y, 1, level);
    colourise(level, red, green, blue);
    detail.fill(60);
    this.rough.addRow(y, 1, detail);
    if (this.spec.channels >= 3) {
      this.warmth.addRow(y, 1, red);
      this.warmth.addRow(y, -1, blue);
      this.tint.addRow(y, 1, green);
      this.tint.addRow(y, -0.5, red);
      this.tint.addRow(y, -0.5, blue);
    }
    if (hasAlpha(this.spec)) {
      alpha.fill(70000);
      this.clear.addRow(y, 1, alpha);
    }
  }

  /** Runs straight from node to node, with texture on top. Palette and amplitudes leave room, so nothing is clipped. */
  private colour(y: number, out: Uint8Array | Uint16Array): void {
    const { red, green, blue, detail } = this;
    const { width, channels, depth } = this.spec;
    const shift = FRACTION_BITS + 16 - depth;
    const fibres = this.fibre.samples;
    const grains = this.grain.samples;
    const fibreRow = textureRow(this.fibre, y + this.shift);
    const grainRow = textureRow(this.grain, y + this.shift);
    for (let node = 0; node < this.nodes - 1; node++) {
      const x = node * NODE_PIXELS;
      const end = Math.min(NODE_PIXELS, width - x);
      const fibre = fibreRow + ((x + this.shift) % this.fibre.period);
      const grain = grainRow + ((x + this.shift) % this.grain.period);
      const strength = Math.round(detail[node]!);
      let [r, g, b] = [Math.round(red[node]!), Math.round(green[node]!), Math.round(blue[node]!)];
      const stepR = Math.round(red[node + 1]!) - r;
      const stepG = Math.round(green[node + 1]!) - g;
      const stepB = Math.round(blue[node + 1]!) - b;
      r <<= FRACTION_BITS;
      g <<= FRACTION_BITS;
      b <<= FRACTION_BITS;
      let at = x * channels;
      for (let i = 0; i < end; i++, at += channels) {
        const texture = ((fibres[fibre + i]! * strength) >> 4) + grains[grain + i]!;
        out[at] = (r + texture) >> shift;
        out[at + 1] = (g + texture) >> shift;
        out[at + 2] = (b + texture) >> shift;
        r += stepR;
        g += stepG;
        b += stepB;
      }
    }
  }

  private gray(y: number, out: Uint8Array | Uint16Array): void {
    const { width, channels, depth } = this.spec;
    const shift = FRACTION_BITS + 16 - depth;
    const fibres = this.fibre.samples;
    const grains = this.grain.samples;
    const fibreRow = textureRow(this.fibre, y + this.shift);
    const grainRow = textureRow(this.grain, y + this.shift);
    for (let node = 0; node < this.nodes - 1; node++) {
      const x = node * NODE_PIXELS;
      const end = Math.min(NODE_PIXELS, width - x);
      const fibre = fibreRow + ((x + this.shift) % this.fibre.period);
      const grain = grainRow + ((x + this.shift) % this.grain.period);
      const strength = Math.round(this.detail[node]!);
      const from = Math.round(this.green[node]!);
      const step = Math.round(this.green[node + 1]!) - from;
      let value = from << FRACTION_BITS;
      let at = x * channels;
      for (let i = 0; i < end; i++, at += channels) {
        out[at] = (value + ((fibres[fibre + i]! * strength) >> 4) + grains[grain + i]!) >> shift;
        value += step;
      }
    }
  }

  /** The field swings far beyond both ends, so most of a picture is opaque, some of it clear, with soft borders. */
  private transparency(out: Uint8Array | Uint16Array): void {
    const { width, channels, depth } = this.spec;
    const shift = FRACTION_BITS + 16 - depth;
    const top = 65535 << FRACTION_BITS;
    for (let node = 0; node < this.nodes - 1; node++) {
      const x = node * NODE_PIXELS;
      const end = Math.min(NODE_PIXELS, width - x);
      const from = Math.round(this.alpha[node]!);
      const step = Math.round(this.alpha[node + 1]!) - from;
      let value = from * (1 << FRACTION_BITS);
      let at = x * channels + channels - 1;
      for (let i = 0; i < end; i++, at += channels) {
        out[at] = Math.max(0, Math.min(top, value)) >> shift;
        value += step;
      }
    }
  }

  private paint(shape: Shape, y: number, out: Uint8Array | Uint16Array): void {
    const { width, channels, depth } = this.spec;
    const shift = 16 - depth;
    const [r, g, b, a] = shape.colour.map((sample) => sample >> shift) as [number, number, number, number];
    const pixel = { 1: [g], 2: [g, a], 3: [r, g, b], 4: [r, g, b, a] }[channels];
    spansOf(shape, y, (from, to) => {
      const end = Math.min(to, width) * channels;
      for (let c = 0; c < channels; c++) {
        const sample = pixel[c]!;
        for (let at = from * channels + c; at < end; at += channels) out[at] = sample;
      }
    });
  }
}

/** The shapes of one grid; those of the row of cells asked for last are kept. */
class Grid {
  private cellRow = -1;
  private shapes: Shape[] = [];

  constructor(
    private readonly seed: number,
    private readonly cell: number,
    private readonly share: number,
    private readonly width: number,
  ) {}

  inRow(y: number): readonly Shape[] {
    const row = Math.floor(y / this.cell);
    if (row !== this.cellRow) {
      this.cellRow = row;
      this.shapes = [];
      for (let column = 0; column * this.cell < this.width; column++) {
        const shape = shapeIn(this.seed, this.cell, column, row, this.share);
        if (shape !== undefined) this.shapes.push(shape);
      }
    }
    return this.shapes;
  }
}
