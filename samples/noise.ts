/** Integer noise: the same numbers on every machine, since nothing here is rounded by a mathematics library. */

/** 32 well-mixed bits of (seed, x, y). Source: the finaliser of MurmurHash3 (A. Appleby, public domain). */
export function hash(seed: number, x: number, y: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(x, 0xc2b2ae35) ^ Math.imul(y, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The same as a number from −1 to 1. */
const signedNoise = (seed: number, x: number, y: number): number => hash(seed, x, y) / 0x7fffffff - 1;

const smooth = (t: number): number => t * t * (3 - 2 * t);

/** Columns between two nodes of a field; between nodes a picture runs straight. */
export const NODE_PIXELS = 32;

export interface Octave {
  /** Side of a cell in pixels; a multiple of `NODE_PIXELS`. */
  readonly cell: number;
  readonly amplitude: number;
}

/**
 * Value noise, summed over octaves, told at one node every `NODE_PIXELS` columns of a row. Rows may be asked for in
 * any order; neighbouring ones are cheap because the lattice of their cells is kept.
 */
export class Field {
  private readonly layers: readonly Layer[];

  constructor(seed: number, nodes: number, octaves: readonly Octave[]) {
    this.layers = octaves.map((octave, i) => new Layer(seed + i * 7919, nodes, octave));
  }

  /** Adds `gain` × the field to `out`, which has one number a node. */
  addRow(y: number, gain: number, out: Float64Array): void {
    for (const layer of this.layers) layer.addRow(y, gain, out);
  }
}

class Layer {
  private row = -1;
  private readonly upper: Float64Array;
  private readonly lower: Float64Array;

  constructor(
    private readonly seed: number,
    nodes: number,
    private readonly octave: Octave,
  ) {
    const corners = Math.ceil((nodes * NODE_PIXELS) / octave.cell) + 2;
    this.upper = new Float64Array(corners);
    this.lower = new Float64Array(corners);
  }

  addRow(y: number, gain: number, out: Float64Array): void {
    const { cell, amplitude } = this.octave;
    this.loadCells(Math.floor(y / cell));
    const { upper, lower } = this;
    const down = smooth((y % cell) / cell);
    const scale = gain * amplitude;
    for (let node = 0; node < out.length; node++) {
      const at = (node * NODE_PIXELS) / cell;
      const i = Math.floor(at);
      const across = smooth(at - i);
      const left = upper[i]! + (lower[i]! - upper[i]!) * down;
      const right = upper[i + 1]! + (lower[i + 1]! - upper[i + 1]!) * down;
      out[node] = out[node]! + scale * (left + (right - left) * across);
    }
  }

  private loadCells(row: number): void {
    if (row === this.row) return;
    this.row = row;
    for (let i = 0; i < this.upper.length; i++) {
      this.upper[i] = signedNoise(this.seed, i, row);
      this.lower[i] = signedNoise(this.seed, i, row + 1);
    }
  }
}
