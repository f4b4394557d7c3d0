/** What is sent with images, as the API has it. */
import { labelsOf } from "../labels.ts";
import type { Recipe } from "../recipe.ts";
import { pipelineText } from "../recipe.ts";

/** The options of a job, or of a batch. */
export function submissionOf(recipe: Recipe) {
  const { labels, ...options } = recipe.options;
  const pipeline = pipelineText(recipe);
  const named = labelsOf(labels);
  return { ...options, ...(pipeline !== "" && { pipeline }), ...(named !== undefined && { labels: named }) };
}

export type Submission = ReturnType<typeof submissionOf>;
