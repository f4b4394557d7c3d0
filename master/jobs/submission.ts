import { PRIORITY } from "../../shared/api/job.ts";
import { TesseraError } from "../../shared/errors.ts";
import { parsePipeline } from "../../shared/pipeline/pipeline.ts";
import { LOCAL_OWNER } from "../access/caller.ts";
import { checkOutput, type OutputSpec, outputSpec } from "../export/output.ts";
import type { Profile } from "../ingest/ingest.ts";
import type { Limits } from "../limits.ts";
import { uprightSteps } from "../plan/orientation.ts";
import { type Plan, planPipeline } from "../plan/plan.ts";
import { probe } from "../probe/probe.ts";
import type { JobAbout, JobRequest } from "./job.ts";

const TILE_SIZE = { default: 512, minimum: 64, maximum: 1024 } as const;

export interface SubmitRequest extends Partial<Omit<JobAbout, "priority">> {
  readonly source: JobRequest["source"];
  readonly pipeline: unknown;
  readonly output?: Partial<OutputSpec>;
  readonly profile?: Profile;
  readonly tileSize?: number;
  /** 0 to 9; of two jobs whose priorities differ by one, the higher one gets twice as many tiles done. */
  readonly priority?: number;
  readonly id?: string;
  /** Done in the transaction that makes the job, which it undoes by throwing. */
  readonly alongside?: (job: string) => void;
}

interface PreparedJob {
  readonly stored: JobRequest;
  readonly plan: Plan;
  readonly about: JobAbout;
}

/**
 * Probes the source (its header only) and plans the pipeline.
 *
 * @throws request_invalid, and what probing, parsing, planning and the output's options throw
 */
export async function prepareJob(request: SubmitRequest, limits: Limits): Promise<PreparedJob> {
  const tileSize = within("Tile size", TILE_SIZE, request.tileSize);
  const priority = validPriority(request.priority);
  const steps = parsePipeline(request.pipeline);
  const { metadata: _, ...probed } = await probe(request.source.path, limits);
  const output = outputSpec(request.output ?? {}, probed.type);
  const pipeline = [...uprightSteps(probed.orientation), ...steps];
  const plan = planPipeline(pipeline, probed.shape, tileSize, limits.pixelsMax);
  checkOutput(output, plan.output);
  const { source, profile = "srgb" } = request;
  const { width, height } = plan.output;
  const planned = { stages: plan.stages.length, tiles: plan.tiles, width, height };
  if ((request.keepMs ?? 0) > limits.resultKeptMsMax)
    throw new TesseraError(
      "request_invalid",
      `expires_in: at most ${limits.resultKeptMsMax / 1000} seconds are allowed.`,
    );
  const { owner = LOCAL_OWNER, labels = {}, batch, webhook, keepMs } = request;
  const about: JobAbout = {
    ...{ owner, priority, labels },
    ...(batch !== undefined && { batch }),
    ...(webhook !== undefined && { webhook }),
    ...(keepMs !== undefined && { keepMs }),
  };
  return { stored: { source, probe: probed, pipeline, output, profile, tileSize, planned }, plan, about };
}

/** @throws request_invalid */
export const validPriority = (priority?: number): number => within("Priority", PRIORITY, priority);

function within(
  what: string,
  { default: usual, minimum, maximum }: { default: number; minimum: number; maximum: number },
  value = usual,
): number {
  if (!Number.isInteger(value) || value < minimum || value > maximum)
    throw new TesseraError(
      "request_invalid",
      `${what}: expected a whole number from ${minimum} to ${maximum}.`,
    );
  return value;
}
