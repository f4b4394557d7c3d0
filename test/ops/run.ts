import type { Channels, Depth, Size } from "../../shared/geometry.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { imageOf, samplesOf, whole } from "./tiled_equals_whole.ts";

interface Given {
  readonly width: number;
  readonly channels?: Channels;
  readonly depth?: Depth;
}

/** The samples that a pipeline makes of some samples; gray and 8 bit unless said otherwise. */
export function run(pipeline: string, samples: readonly number[], given: Given): number[] {
  return runImage(pipeline, samples, given).samples;
}

export function runImage(
  pipeline: string,
  samples: readonly number[],
  given: Given,
): Size & { samples: number[] } {
  const { width, channels = 1, depth = 8 } = given;
  const height = samples.length / width / channels;
  const result = whole(parsePipeline(pipeline), imageOf({ width, height }, { channels, depth }, samples));
  return { width: result.rect.width, height: result.rect.height, samples: samplesOf(result) };
}
