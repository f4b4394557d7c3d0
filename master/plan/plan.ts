import { TesseraError } from "../../shared/errors.ts";
import { bytesPerPixel, isEmpty, type Rect, type Shape, type Size } from "../../shared/geometry.ts";
import {
  type Chain,
  compileChain,
  FOOTPRINT_MAX,
  footprint,
  shapeAfter,
  windowOf,
} from "../../shared/ops/chain.ts";
import type { Step } from "../../shared/ops/op.ts";
import { opNamed } from "../../shared/ops/registry.ts";

/** Bytes that one band may read or write at once; what the master holds for a job is a small multiple of it. */
const BAND_BYTES = 8 << 20;
/** Bytes that one image within a tile's chain should not exceed; beyond it tiles are made smaller. */
const TILE_BYTES_GOAL = 32 << 20;
/** Tiles of a job. Only a pipeline whose tiles had to be made tiny, each with a large window, comes near it. */
const TILES_MAX = 1_000_000;

/**
 * One pass over tiles. `steps` run on its input; if `ends` is there, figures of the result are gathered for that
 * statistics op, whose resolved steps then open the next stage.
 */
export interface StagePlan {
  readonly index: number;
  readonly steps: readonly Step[];
  readonly ends?: Step;
  /** Shape of the canvas that it reads. */
  readonly input: Shape;
  readonly output: Shape;
  /** Whether it writes a canvas; a stage without steps only looks at its input. */
  readonly writes: boolean;
  readonly tile: Size;
  readonly columns: number;
  readonly rows: number;
  /** The most tiles that are read, written and marked together. */
  readonly bandTiles: number;
}

export interface Plan {
  readonly stages: readonly StagePlan[];
  readonly output: Shape;
  readonly tiles: number;
}

/**
 * Turns a valid pipeline into stages and tiles.
 *
 * @param tileSize side of a tile in pixels; a stage whose windows would grow too large gets smaller ones
 * @throws TesseraError `pipeline_unbounded`, `output_too_large`
 */
export function planPipeline(
  steps: readonly Step[],
  input: Shape,
  tileSize: number,
  pixelsMax: number,
): Plan {
  const stages: StagePlan[] = [];
  let canvas = input; // what the next stage reads
  let entry = input; // that, after the statistics op that opens the stage
  for (const run of stageRuns(steps)) {
    const stage = planStage(stages.length, run, canvas, entry, tileSize, pixelsMax);
    stages.push(stage);
    canvas = stage.writes ? stage.output : canvas;
    entry = run.ends === undefined ? stage.output : shapeAfter(run.ends, stage.output);
  }
  const tiles = stages.reduce((sum, stage) => sum + stage.columns * stage.rows, 0);
  if (tiles > TILES_MAX)
    throw new TesseraError(
      "pipeline_unbounded",
      `It comes to ${tiles} tiles; at most ${TILES_MAX} are allowed.`,
    );
  return { stages, output: stages.at(-1)!.output, tiles };
}

interface StageRunSteps {
  readonly steps: readonly Step[];
  readonly ends?: Step;
}

/** Cuts the pipeline behind each statistics op; there is always a last stage, which writes the result. */
function stageRuns(steps: readonly Step[]): StageRunSteps[] {
  const runs: StageRunSteps[] = [];
  let current: Step[] = [];
  for (const step of steps) {
    if (opNamed(step.op).kind === "statistics") {
      runs.push({ steps: current, ends: step });
      current = [];
    } else current.push(step);
  }
  return [...runs, { steps: current }];
}

function planStage(
  index: number,
  { steps, ends }: StageRunSteps,
  canvas: Shape,
  entry: Shape,
  tileSize: number,
  pixelsMax: number,
): StagePlan {
  // Resolved steps work pixel by pixel, so they change no window and the geometry is known before they are. What they
  // read is the canvas as it is, in colour also where they make gray of it.
  const opening: Step[] = entry.channels === canvas.channels ? [] : [{ op: "grayscale" }];
  const chain = compileBounded([...opening, ...steps], canvas, pixelsMax);
  const tile = tileFor(chain, tileSize);
  const columns = Math.ceil(chain.output.width / tile.width);
  const rows = Math.ceil(chain.output.height / tile.height);
  const writes = ends === undefined || steps.length > 0 || index > 0;
  const output: Shape = { ...chain.output };
  const bandTiles = bandTilesFor(chain, tile, columns);
  return {
    index,
    steps,
    ...(ends && { ends }),
    input: canvas,
    output,
    writes,
    tile,
    columns,
    rows,
    bandTiles,
  };
}

function compileBounded(steps: readonly Step[], input: Shape, pixelsMax: number): Chain {
  let shape = input;
  for (const step of steps) {
    shape = shapeAfter(step, shape);
    if (shape.width * shape.height > pixelsMax || Math.max(shape.width, shape.height) > 1_000_000)
      throw new TesseraError(
        "output_too_large",
        `After ${step.op} it would be ${shape.width} × ${shape.height}; at most ${pixelsMax} pixels are allowed.`,
      );
  }
  return compileChain(steps, input);
}

/** The largest tile up to `tileSize` whose windows stay within the goal. */
function tileFor(chain: Chain, tileSize: number): Size {
  let width = Math.min(tileSize, chain.output.width);
  let height = Math.min(tileSize, chain.output.height);
  while (worst(chain, width, height, footprint) > TILE_BYTES_GOAL && width * height > 1) {
    if (width > height) width = Math.ceil(width / 2);
    else height = Math.ceil(height / 2);
  }
  const bytes = worst(chain, width, height, footprint);
  if (bytes > FOOTPRINT_MAX)
    throw new TesseraError("pipeline_unbounded", `It needs ${Math.ceil(bytes / 2 ** 20)} MiB for one pixel.`);
  return { width, height };
}

function bandTilesFor(chain: Chain, tile: Size, columns: number): number {
  const read = worst(chain, tile.width, tile.height, (c, out) => {
    const window = windowOf(c, out);
    return isEmpty(window) ? 0 : window.width * window.height * bytesPerPixel(c.input);
  });
  const written = tile.width * tile.height * bytesPerPixel(chain.output);
  const most = Math.max(1, Math.min(columns, Math.floor(BAND_BYTES / Math.max(read, written))));
  // Even parts, so that their memory is alike and can be used again.
  return Math.ceil(columns / Math.ceil(columns / most));
}

/** The largest figure over tiles in the corners, at the edges and in the middle. */
function worst(
  chain: Chain,
  width: number,
  height: number,
  figure: (chain: Chain, out: Rect) => number,
): number {
  const places = (whole: number, part: number) => [
    0,
    Math.max(0, Math.floor((whole - part) / 2)),
    Math.max(0, whole - part),
  ];
  let largest = 0;
  for (const y of places(chain.output.height, height))
    for (const x of places(chain.output.width, width))
      largest = Math.max(largest, figure(chain, { x, y, width, height }));
  return largest;
}

/** The rectangle of a tile in its stage's output. */
export function tileRect(stage: StagePlan, tile: number): Rect {
  const x = (tile % stage.columns) * stage.tile.width;
  const y = Math.floor(tile / stage.columns) * stage.tile.height;
  return {
    x,
    y,
    width: Math.min(stage.tile.width, stage.output.width - x),
    height: Math.min(stage.tile.height, stage.output.height - y),
  };
}
