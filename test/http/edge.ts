import { expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Access } from "../../master/access/access.ts";
import { EventHub } from "../../master/events/hub.ts";
import { type AppOptions, createApp } from "../../master/http/app.ts";
import type { JobView } from "../../master/jobs/job.ts";
import { DEFAULT_LIMITS } from "../../master/limits.ts";
import { Metrics } from "../../master/monitoring/metrics.ts";
import { type ErrorCode, httpStatus, isRetryable, publicSentence } from "../../shared/errors.ts";
import type { Bench } from "../engine/harness.ts";
import { checkAnswer } from "./answers.ts";

export const UPLOAD_BYTES_MAX = 200_000;

export type Body = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

export type Edge = ReturnType<typeof createApp>;

/** Without a key everybody may do everything. */
export const edgeOf = ({ master }: Pick<Bench, "master">, more: Partial<AppOptions> = {}): Edge =>
  createApp(master, {
    events: new EventHub(master, DEFAULT_LIMITS),
    access: new Access(),
    metrics: new Metrics(master),
    uploadBytesMax: UPLOAD_BYTES_MAX,
    durable: false,
    checkAnswer,
    ...more,
  });

/** What uploads have left on the disk; nothing, once they are refused or their jobs have ended. */
export const uploadsIn = (dir: string): string[] => {
  const folder = join(dir, "uploads");
  return existsSync(folder) ? readdirSync(folder) : [];
};

/** Checks that an answer is the problem with this code and has the whole shape of one; gives its detail. */
export async function expectProblem(response: Response, code: ErrorCode): Promise<string> {
  const text = await response.text();
  expect(text).toContain(`"${code}"`);
  const body = JSON.parse(text) as Record<string, unknown>;
  const { detail, request_id, ...rest } = body;
  expect(request_id).toBe(response.headers.get("x-request-id"));
  expect(rest).toEqual({
    type: `urn:tessera:error:${code}`,
    title: publicSentence(code),
    status: httpStatus(code),
    code,
    retryable: isRetryable(code),
  });
  expect(response.status).toBe(httpStatus(code));
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  // Neither our folders nor a stack are anybody's business.
  expect(text).not.toMatch(/\/tmp|tessera-|node_modules|\.ts\b|\bat \w+ \(|sqlite/i);
  return typeof detail === "string" ? detail : "";
}

export async function jobFrom(response: Response): Promise<JobView> {
  expect(response.status).toBe(202);
  const job = (await response.json()) as JobView;
  expect(response.headers.get("location")).toBe(`/v1/jobs/${job.id}`);
  return job;
}

export const sendRaw = (app: Edge, body: Body, query = "", type = "image/png"): Promise<Response> =>
  Promise.resolve(
    app.request(`/v1/jobs${query}`, { method: "POST", body, headers: { "content-type": type } }),
  );

export function sendForm(app: Edge, form: FormData, query = ""): Promise<Response> {
  return Promise.resolve(app.request(`/v1/jobs${query}`, { method: "POST", body: form }));
}

/** A form with the image, its fields before it as `curl` and browsers send them. */
export function formOf(image: Blob, fields: Record<string, string> = {}, name = "picture.png"): FormData {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append("image", image, name);
  return form;
}
