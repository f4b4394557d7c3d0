import { describe, expect, test } from "bun:test";
import type { Route } from "../../shared/api/route.ts";
import { ROUTES } from "../../shared/api/routes.ts";
import { httpStatus } from "../../shared/errors.ts";
import { unprovoked } from "./coverage.ts";

// What the runner finds at the end of all tests of HTTP, it finds by this.
describe("what is promised and was not provoked", () => {
  const all = Object.entries(ROUTES as Readonly<Record<string, Route>>).flatMap(([name, { errors }]) => [
    `${name} 200 `,
    ...errors.map((code) => `${name} ${httpStatus(code)} ${code}`),
  ]);

  test("is nothing once all was seen", () => {
    expect(unprovoked(all.join("\n"), {})).toEqual([]);
  });

  test("is each answer that was not, and only that one", () => {
    for (const [i, left] of all.entries()) {
      const [name, status, code] = left.split(" ");
      expect(unprovoked(all.toSpliced(i, 1).join("\n"), {})).toEqual([
        `${name} ${status === "200" ? "success" : code}`,
      ]);
    }
  });

  test("is all of it where nothing was noted", () => {
    expect(unprovoked("", {})).toHaveLength(all.length);
  });

  test("may be excused with a reason, as long as it is so", () => {
    const excused = { "getJob job_not_found": "a reason", "nobody knows": "this" };
    const notes = all.filter((line) => line !== "getJob 404 job_not_found");
    expect(unprovoked(notes.join("\n"), excused)).toEqual(["nobody knows (is excused, but need not be)"]);
    expect(unprovoked(all.join("\n"), excused)).toHaveLength(2);
  });
});
