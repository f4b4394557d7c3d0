import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "../../embedded/server.ts";
import { inFolder } from "../support/folder.ts";

const MAIN = join(import.meta.dir, "..", "..", "embedded", "main.ts");

describe("P6: a folder that cannot be the master's is said to be so", () => {
  test("as it lies below a file, or where nothing can be made", () =>
    inFolder(async (folder) => {
      const file = join(folder, "file");
      writeFileSync(file, "");
      for (const dir of [file, join(file, "below"), "/proc/tessera"])
        expect(() => startServer({ dir })).toThrow(
          expect.objectContaining({ code: "folder_unusable", message: expect.stringContaining(dir) }),
        );
    }));

  test.each(["tessera.sqlite", "access.sqlite"])("as %s is damaged", (name) =>
    inFolder(async (folder) => {
      const path = join(folder, name);
      writeFileSync(path, Buffer.alloc(5000, "not a database "));
      expect(() => startServer({ dir: folder })).toThrow(
        expect.objectContaining({ code: "folder_damaged", message: expect.stringContaining(path) }),
      );
      expect(statSync(path).size).toBe(5000);
      rmSync(path);
      await startServer({ dir: folder }).stop();
    }),
  );

  test("as a folder lies where a file of its is to be", () =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, "tessera.sqlite"));
      expect(() => startServer({ dir: folder })).toThrow(
        expect.objectContaining({ code: "folder_unusable" }),
      );
    }));
});

test("P6: each mistake of a configuration stands in a line of its own", async () => {
  const env = { ...process.env, TESSERA_PORT: "abc", TESSERA_THREADS: "0" };
  const service = Bun.spawn([process.execPath, MAIN], { env, stdout: "ignore", stderr: "pipe" });
  const lines = (await new Response(service.stderr).text()).trim().split("\n");
  expect(lines.filter((line) => line.startsWith("- "))).toHaveLength(2);
  expect(await service.exited).toBe(1);
});
