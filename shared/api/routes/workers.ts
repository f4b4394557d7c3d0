import { Type } from "@sinclair/typebox";
import { routes } from "../route.ts";
import { WorkerSchema } from "../worker.ts";

export const WORKERS = routes({
  listWorkers: {
    ...{ method: "get", path: "/v1/workers", tag: "workers", scope: "read" },
    summary: "See who works, or did so lately",
    answers: { 200: { about: "Workers.", schema: Type.Object({ workers: Type.Array(WorkerSchema) }) } },
    errors: [],
  },
});
