import { expect, test } from "bun:test";
import { configurationDocument } from "../../shared/config/document.ts";
import { readSource } from "../support/sources.ts";

test("docs/configuration.md is what `bun run docs` makes of the settings", () => {
  expect(readSource("docs/configuration.md")).toBe(configurationDocument());
});
