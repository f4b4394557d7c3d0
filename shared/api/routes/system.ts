import { Type } from "@sinclair/typebox";
import { ETag } from "../common.ts";
import { GEOMETRIES, type Geometry } from "../geometries.ts";
import { routes } from "../route.ts";
import { StatsWithHistorySchema } from "../stats.ts";
import { TopicsSchema } from "../topic.ts";

const Transform = Type.Object(
  {
    name: Type.String(),
    title: Type.String(),
    summary: Type.String(),
    definition: Type.String({ description: "The formula or rule, with its source." }),
    kind: Type.String(),
    geometry: Type.Unsafe<Geometry>(
      Type.Union(
        GEOMETRIES.map((geometry) => Type.Literal(geometry)),
        {
          description:
            "What it can do to where things lie in the picture: nothing; move them, as a mirror does; or give the picture another size.",
        },
      ),
    ),
    params: Type.Object({}, { description: "JSON Schema of its parameters." }),
  },
  { $id: "Transform" },
);

export const SYSTEM = routes({
  isAlive: {
    ...{
      method: "get",
      path: "/healthz",
      tag: "system",
      scope: "open",
      summary: "Whether the process answers",
    },
    answers: { 200: { about: "It does.", schema: Type.Object({ status: Type.Literal("ok") }) } },
    errors: [],
  },
  isReady: {
    ...{ method: "get", path: "/readyz", tag: "system", scope: "open" },
    summary: "Whether jobs would be taken in now",
    answers: {
      200: {
        about: "They would.",
        schema: Type.Object({
          status: Type.Literal("ready"),
          warnings: Type.Array(Type.String(), {
            description: "What is not as it should be, but keeps nobody from sending images.",
          }),
        }),
      },
    },
    errors: ["not_ready"],
  },
  getMetrics: {
    ...{ method: "get", path: "/metrics", tag: "system", scope: "read" },
    summary: "Figures for Prometheus",
    answers: { 200: { about: "In its text format.", types: ["text/plain"] } },
    errors: [],
  },
  getOpenApi: {
    ...{ method: "get", path: "/openapi.json", tag: "system", scope: "open" },
    summary: "This document",
    answers: {
      200: {
        about: "OpenAPI 3.1.",
        schema: Type.Object({
          openapi: Type.String(),
          info: Type.Object({ title: Type.String(), version: Type.String() }),
          paths: Type.Object({}),
        }),
        headers: { ETag },
      },
      304: { about: "It is the one that you have.", headers: { ETag } },
    },
    errors: [],
  },
  getReference: {
    ...{ method: "get", path: "/docs", tag: "system", scope: "open" },
    summary: "The same for people",
    answers: {
      200: { about: "A page.", types: ["text/html"], headers: { ETag } },
      304: { about: "It is the one that you have.", headers: { ETag } },
    },
    errors: [],
  },
  getStats: {
    ...{ method: "get", path: "/v1/stats", tag: "system", scope: "read" },
    summary: "What there is to do, and who does it how quickly",
    description: "`jobs` are the caller's own, everyone's for `admin`; the rest is the server's.",
    answers: { 200: { about: "Figures.", schema: StatsWithHistorySchema } },
    errors: [],
  },
  listTopics: {
    ...{ method: "get", path: "/v1/topics", tag: "system", scope: "read" },
    summary: "How the topics stand over which master and workers speak",
    description: "Of Kafka, as they were a moment ago. Where all is one process there are none.",
    answers: { 200: { about: "Topics.", schema: TopicsSchema } },
    errors: [],
  },
  listTransforms: {
    ...{ method: "get", path: "/v1/transforms", tag: "system", scope: "known" },
    summary: "Every op that a pipeline may have",
    answers: { 200: { about: "Ops.", schema: Type.Array(Transform) } },
    errors: [],
  },
});
