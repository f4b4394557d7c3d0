import { bytesPerPixel, type Rect, type Shape, type Size, wholeOf } from "../../../shared/geometry.ts";
import { compileChain, windowOf } from "../../../shared/ops/chain.ts";
import type { Step } from "../../../shared/ops/op.ts";
import { opNamed } from "../../../shared/ops/registry.ts";
import type { Raster } from "../../../shared/raster.ts";
import { uprightSteps } from "../../plan/orientation.ts";
import { planPipeline } from "../../plan/plan.ts";
import { statisticsOf } from "../../plan/statistics.ts";
import type { PreviewPool } from "../pool.ts";
import { reducedShape } from "../reduce.ts";
import type { View } from "../view.ts";
import { Held } from "./held.ts";
import { planReduced, type ReducedPlan, type Wanted } from "./reduced_plan.ts";

/** Reduced sources that are held, as whoever edits looks at the same one again and again. */
const SOURCES_BYTES_MAX = 64 << 20;
/** Side of the square in which figures of the whole image are taken, where all of it would take too long. */
const FIGURES_SIZE = 1024;
const FIGURES_MAX = 64;
const TILE_SIZE = 512;
/** What is held is made for others too. */
const NEVER = new AbortController().signal;

export interface Shown {
  readonly raster: Raster;
  /** Of the whole result. */
  readonly result: Size;
  /** Of the result's size. */
  readonly scale: number;
  /** The pixels are the result's own, bit for bit. */
  readonly isExact: boolean;
}

/** Computes what a pipeline makes of an image, as much of it as is seen and no larger than it is seen. */
export class LiveEdits {
  private readonly sources = new Held<Promise<Raster>>(SOURCES_BYTES_MAX);
  /** What ops that need figures came to, by what comes before them. */
  private readonly resolved = new Held<Promise<readonly Step[]>>(FIGURES_MAX);

  constructor(
    private readonly pool: PreviewPool,
    private readonly pixelsMax: number,
  ) {}

  /** @throws pipeline_unbounded, output_too_large, request_invalid; what `signal` was aborted with */
  async show(
    name: string,
    view: View,
    pipeline: readonly Step[],
    wanted: Wanted,
    signal: AbortSignal,
  ): Promise<Shown> {
    const steps = [...uprightSteps(view.orientation), ...pipeline];
    planPipeline(steps, view.shape, TILE_SIZE, this.pixelsMax); // what no job may do is not shown either
    const own: Step[] = [];
    let isExact = true;
    for (const step of steps) {
      if (opNamed(step.op).kind !== "statistics") {
        own.push(step);
        continue;
      }
      const plan = planReduced(own, view.shape, {
        size: FIGURES_SIZE,
        isFine: true,
        workMax: wanted.workMax,
      });
      signal.throwIfAborted();
      isExact &&= plan.isExact;
      own.push(...(await this.resolve(name, view, plan, step)));
    }
    const plan = planReduced(own, view.shape, wanted);
    const source = await this.source(name, view, plan);
    signal.throwIfAborted();
    const { steps: reduced, chain, out, result, scale, shown } = plan;
    const raster = await this.pool.compute({ steps: reduced, chain, out, source }, signal);
    if (out.width === shown.width && out.height === shown.height)
      return { raster, result, scale, isExact: isExact && plan.isExact };
    return { raster: await this.shrink(raster, shown, signal), result, scale, isExact: false };
  }

  private shrink(raster: Raster, { width, height }: Size, signal: AbortSignal): Promise<Raster> {
    const { rect, format } = raster;
    const steps: Step[] = [{ op: "resize", width, height, kernel: "lanczos3" }];
    const chain = compileChain(steps, { ...rect, ...format });
    const source = { ...raster, rect: wholeOf(rect) };
    return this.pool.compute({ steps, chain, out: wholeOf(chain.output), source }, signal);
  }

  private resolve(name: string, view: View, plan: ReducedPlan, step: Step): Promise<readonly Step[]> {
    const key = `${name} ${plan.source.width} ${JSON.stringify([plan.steps, step])}`;
    return this.resolved.get(key, 1, async () => {
      const source = await this.source(name, view, plan);
      const { steps, chain, out } = plan;
      const figures = await this.pool.count({ steps, chain, out, source }, NEVER);
      const op = opNamed(step.op);
      if (op.kind !== "statistics") throw new Error(`${op.name} has no figures`);
      return op.resolve(statisticsOf(figures, chain.output), step as never);
    });
  }

  /** What a plan needs of its source, as large as it wants it. */
  private source(name: string, view: View, plan: ReducedPlan): Promise<Raster> {
    const { source, window } = plan;
    const { x, y, width, height } = window;
    const bytes = width * height * bytesPerPixel(source);
    const key = `${name} ${source.width}x${source.height} ${x},${y} ${width}x${height}`;
    return this.sources.get(key, bytes, () => this.reduce(view, source, window));
  }

  /** From the next larger of the view's own reductions, and from there by the engine's own resize. */
  private async reduce(view: View, source: Shape, window: Rect): Promise<Raster> {
    const ratio = Math.min(view.shape.width / source.width, view.shape.height / source.height);
    const shift = Math.max(0, Math.floor(Math.log2(ratio)));
    const level = reducedShape(view.shape, shift);
    const { width, height } = source;
    const isIt = level.width === width && level.height === height;
    const steps: Step[] = isIt ? [] : [{ op: "resize", width, height, kernel: "lanczos3" }];
    const chain = compileChain(steps, level);
    const { raster, missing } = await view.read(shift, windowOf(chain, window));
    if (missing.length > 0) throw new Error("a live edit looks at a whole image");
    return isIt ? raster : this.pool.compute({ steps, chain, out: window, source: raster }, NEVER);
  }
}
