import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const LOG = join(import.meta.dir, "..", "shared", "log.ts");

/** What a process writes that does so much with its log. */
async function written(format: string, level: string, code: string) {
  const script = `import { log, setUpLog } from ${JSON.stringify(LOG)};
    setUpLog({ format: ${JSON.stringify(format)}, level: ${JSON.stringify(level)} }); ${code}`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err };
}

describe("P8: the log", () => {
  test("as JSON is one object a line, with what it is about by the API's names", async () => {
    const { out, err } = await written(
      "json",
      "info",
      'log.info("one", { job: "j1", worker: "w1" }); log.debug("two"); log.error("three", { err: new Error("x") });',
    );
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { level: "info", msg: "one", job: "j1", worker: "w1" },
      { level: "error", msg: "three", err: { message: "x" } },
    ]);
    expect(String(lines[0]!.time)).toMatch(/^\d{4}-.*Z$/);
    expect(err).toBe("");
  });

  test("as text is sentences, what goes wrong beside the rest", async () => {
    const { out, err } = await written(
      "text",
      "info",
      'log.info("one"); log.warn("two"); log.debug("three");',
    );
    expect([out, err]).toEqual(["one\n", "two\n"]);
  });

  test("P7: what others have written begins no line of its own and moves no cursor", async () => {
    const evil = 'log.info("a\\nforged \\u001b[2J\\u009b\\r line", { job: "x\\ny" });';
    const text = await written("text", "info", evil);
    expect(text.out).toBe("a forged  [2J   line\n");
    const json = await written("json", "info", evil);
    expect(json.out.trim().split("\n").length).toBe(1);
    expect(json.out).not.toContain("\u001b");
  });
});
