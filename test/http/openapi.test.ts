import { describe, expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { openApiDocument } from "../../shared/api/openapi/document.ts";
import type { Route } from "../../shared/api/route.ts";
import { errorsOf, ROUTES } from "../../shared/api/routes.ts";
import { httpStatus } from "../../shared/errors.ts";
import { openBench } from "../engine/harness.ts";
import { inFolder } from "../support/folder.ts";
import { edgeOf } from "./edge.ts";

const document = openApiDocument();
const all = Object.entries(ROUTES as Readonly<Record<string, Route>>);
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));

describe("the OpenAPI document", () => {
  test("is valid by a public validator", async () => {
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  test("says what webhooks are sent", () => {
    const { post } = document.webhooks.jobEnded!;
    expect(JSON.stringify(post.requestBody)).toContain("#/components/schemas/Job");
    expect(JSON.stringify(post.parameters)).toContain("Tessera-Signature");
  });

  test("says what is said and told where messages go to and fro", () => {
    const { schemas } = document.components;
    expect(document.paths["/v1/events"]!.get!["x-messages"]).toEqual({
      said: { $ref: "#/components/schemas/ClientMessage" },
      told: { $ref: "#/components/schemas/ServerMessage" },
    });
    const { anyOf, discriminator } = schemas.ServerMessage as {
      readonly anyOf: readonly { readonly $ref: string }[];
      readonly discriminator: { readonly mapping: Readonly<Record<string, string>> };
    };
    expect(Object.values(discriminator.mapping)).toEqual(anyOf.map(({ $ref }) => $ref));
    expect(discriminator.mapping.tiles).toBe("#/components/schemas/TilesMessage");
    expect(schemas.TilesMessage).toMatchObject({ properties: { type: { const: "tiles" } } });
  });

  test("is always the same", () => {
    expect(JSON.stringify(openApiDocument())).toBe(JSON.stringify(document));
  });

  test("has every route, once, under its operation's name", () => {
    expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(
      all.map(([name]) => name).toSorted(),
    );
    for (const [name, { method, path }] of all) expect(document.paths[path]![method]!.operationId).toBe(name);
  });

  test("says what each route may fail with, by status", () => {
    for (const [name, route] of all) {
      const { responses } = document.paths[route.path]![route.method]!;
      for (const code of errorsOf(route))
        expect(`${name}: ${JSON.stringify(responses[httpStatus(code)])}`).toContain(`"${code}"`);
    }
  });

  test("names each parameter of a path, and no other", () => {
    for (const [path, methods] of Object.entries(document.paths))
      for (const { parameters = [] } of Object.values(methods)) {
        const named = parameters.filter((one) => one.in === "path").map(({ name }) => name);
        expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!));
      }
  });

  test("has what it refers to, and refers to what it has", () => {
    const text = JSON.stringify(document);
    const wanted = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name!));
    expect([...wanted].sort()).toEqual(Object.keys(document.components.schemas));
    expect(text).not.toContain('"$id"');
  });

  test("has a sentence for each heading", () => {
    for (const { name, description } of document.tags) expect([name, description]).not.toEqual([name, ""]);
    for (const { tags } of operations) expect(document.tags.map(({ name }) => name)).toContain(tags[0]!);
  });

  test("GET /openapi.json gives it, and not again to who has it", () =>
    inFolder(async (folder) => {
      const bench = openBench(folder);
      const app = edgeOf(bench);
      const response = await app.request("/openapi.json");
      expect([response.status, await response.json()]).toEqual([200, JSON.parse(JSON.stringify(document))]);
      const known = { "if-none-match": response.headers.get("etag")! };
      expect((await app.request("/openapi.json", { headers: known })).status).toBe(304);
      await bench.master.stop();
    }));
});
