import { Type } from "@sinclair/typebox";
import { ById } from "../common.ts";
import { routes } from "../route.ts";
import { WorkerSchema } from "../worker.ts";

const OPERATE = {
  method: "post",
  tag: "workers",
  scope: "admin", // it concerns everyone's jobs
  params: ById,
  errors: ["worker_not_found"],
  answers: { 200: { about: "The worker as it is now.", schema: WorkerSchema } },
} as const;

export const WORKERS = routes({
  listWorkers: {
    ...{ method: "get", path: "/v1/workers", tag: "workers", scope: "read" },
    summary: "See who works, or did so lately",
    answers: { 200: { about: "Workers.", schema: Type.Object({ workers: Type.Array(WorkerSchema) }) } },
    errors: [],
  },
  drainWorker: {
    ...{ ...OPERATE, path: "/v1/workers/{id}/drain" },
    summary: "Give a worker no more tiles",
    description: "It finishes those that it has. That holds until it is undone, or the master starts anew.",
  },
  undrainWorker: {
    ...{ ...OPERATE, path: "/v1/workers/{id}/undrain" },
    summary: "Give a worker tiles again",
  },
});
