import type { Route, StreamedBody } from "../shared/api/route.ts";
import type { Operation, ROUTES } from "../shared/api/routes.ts";

/** What has to be known of a route to ask for it; `answer` tells those that give the `Response` itself. */
export interface AnyOperation {
  readonly method: Route["method"];
  readonly path: string;
  readonly body?: "json" | "stream";
  readonly answer?: "bytes";
}

type BodyOf<R extends Route> = R["body"] extends StreamedBody
  ? { readonly body: "stream" }
  : R["body"] extends object
    ? { readonly body: "json" }
    : { readonly body?: undefined };

type AnswerOf<R extends Route> =
  Extract<R["answers"][keyof R["answers"]], { readonly types: readonly string[] }> extends never
    ? { readonly answer?: undefined }
    : { readonly answer: "bytes" };

type OperationOf<R extends Route> = Pick<R, "method" | "path"> & BodyOf<R> & AnswerOf<R>;

/**
 * The table of routes as a client needs it. The routes themselves, with their schemas, stay out of what a browser has
 * to load; the compiler compares the two.
 */
export const OPERATIONS = {
  bulkJobs: { method: "post", path: "/v1/jobs/bulk", body: "json" },
  submitJob: { method: "post", path: "/v1/jobs", body: "stream" },
  listJobs: { method: "get", path: "/v1/jobs" },
  getJob: { method: "get", path: "/v1/jobs/{id}" },
  deleteJob: { method: "delete", path: "/v1/jobs/{id}" },
  getEvents: { method: "get", path: "/v1/jobs/{id}/events" },
  getTiles: { method: "get", path: "/v1/jobs/{id}/tiles" },
  getResult: { method: "get", path: "/v1/jobs/{id}/result", answer: "bytes" },
  getSource: { method: "get", path: "/v1/jobs/{id}/source", answer: "bytes" },
  cancelJob: { method: "post", path: "/v1/jobs/{id}/cancel" },
  pauseJob: { method: "post", path: "/v1/jobs/{id}/pause" },
  resumeJob: { method: "post", path: "/v1/jobs/{id}/resume" },
  retryJob: { method: "post", path: "/v1/jobs/{id}/retry" },
  prioritizeJob: { method: "post", path: "/v1/jobs/{id}/priority" },
  getUploadOptions: { method: "options", path: "/v1/uploads" },
  createUpload: { method: "post", path: "/v1/uploads" },
  getUpload: { method: "get", path: "/v1/uploads/{id}" },
  appendUpload: { method: "patch", path: "/v1/uploads/{id}", body: "stream" },
  deleteUpload: { method: "delete", path: "/v1/uploads/{id}" },
  createBatch: { method: "post", path: "/v1/batches", body: "json" },
  listBatches: { method: "get", path: "/v1/batches" },
  getBatch: { method: "get", path: "/v1/batches/{id}" },
  deleteBatch: { method: "delete", path: "/v1/batches/{id}" },
  addImages: { method: "post", path: "/v1/batches/{id}/images", body: "stream" },
  cancelBatch: { method: "post", path: "/v1/batches/{id}/cancel" },
  getBatchResults: { method: "get", path: "/v1/batches/{id}/results", answer: "bytes" },
  getWebhookSecret: { method: "get", path: "/v1/webhooks/secret" },
  listDeliveries: { method: "get", path: "/v1/jobs/{id}/deliveries" },
  redeliver: { method: "post", path: "/v1/jobs/{id}/deliveries/{delivery}/retry" },
  listWorkers: { method: "get", path: "/v1/workers" },
  drainWorker: { method: "post", path: "/v1/workers/{id}/drain" },
  undrainWorker: { method: "post", path: "/v1/workers/{id}/undrain" },
  listDeadLetters: { method: "get", path: "/v1/dead-letters" },
  replayDeadLetters: { method: "post", path: "/v1/dead-letters/replay" },
  replayDeadLetter: { method: "post", path: "/v1/dead-letters/{id}/replay" },
  watchEvents: { method: "get", path: "/v1/events", answer: "bytes" },
  getPreview: { method: "get", path: "/v1/jobs/{id}/preview", answer: "bytes" },
  getZoom: { method: "get", path: "/v1/jobs/{id}/zoom/{descriptor}", answer: "bytes" },
  getZoomTile: { method: "get", path: "/v1/jobs/{id}/zoom/{files}/{level}/{tile}", answer: "bytes" },
  createProxy: { method: "post", path: "/v1/proxies", body: "stream" },
  deleteProxy: { method: "delete", path: "/v1/proxies/{id}" },
  preview: { method: "post", path: "/v1/preview", body: "stream", answer: "bytes" },
  isAlive: { method: "get", path: "/healthz" },
  isReady: { method: "get", path: "/readyz" },
  getMetrics: { method: "get", path: "/metrics", answer: "bytes" },
  getOpenApi: { method: "get", path: "/openapi.json" },
  getReference: { method: "get", path: "/docs", answer: "bytes" },
  getStats: { method: "get", path: "/v1/stats" },
  listTopics: { method: "get", path: "/v1/topics" },
  listTransforms: { method: "get", path: "/v1/transforms" },
  listKeys: { method: "get", path: "/v1/keys" },
  createKey: { method: "post", path: "/v1/keys", body: "json" },
  revokeKey: { method: "delete", path: "/v1/keys/{id}" },
  getSession: { method: "get", path: "/v1/session" },
  signIn: { method: "post", path: "/v1/session" },
  signOut: { method: "delete", path: "/v1/session" },
} as const satisfies { readonly [K in Operation]: OperationOf<(typeof ROUTES)[K]> };
