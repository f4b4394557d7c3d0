import { describe, expect, test } from "bun:test";
import { bar, figuresOf, ProgressBar } from "../../cli/run/progress_bar.ts";
import { formatBytes, formatSeconds } from "../../cli/terminal.ts";
import type { JobView } from "../../master/jobs/job.ts";
import { allOps } from "../../shared/ops/registry.ts";
import { tessera } from "../support/tessera.ts";

describe("tessera", () => {
  test("--help shows the commands, examples and exit codes, without colours off a terminal", async () => {
    const { status, out, err } = await tessera(["--help"]);
    expect([status, err]).toEqual([0, ""]);
    for (const part of [
      "Usage: tessera",
      "run",
      "transforms",
      "probe",
      "config",
      "topics",
      "Examples:",
      "Exit codes:",
    ])
      expect(out).toContain(part);
    expect(out).not.toContain("\x1b[");
  });

  for (const command of ["run", "transforms", "probe", "config", "topics", "dead-letters"]) {
    test(`${command} --help has examples`, async () => {
      const { status, out } = await tessera([command, "--help"]);
      expect(status).toBe(0);
      expect(out).toContain(`Usage: tessera ${command}`);
      expect(out).toContain("Examples:");
    });
  }

  test("--version prints the version alone", async () => {
    const { status, out } = await tessera(["--version"]);
    expect(status).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("without a command prints the help on stderr and is a usage error", async () => {
    const { status, out, err } = await tessera([]);
    expect([status, out]).toEqual([2, ""]);
    expect(err).toContain("Usage: tessera");
  });

  test("refuses an unknown command and suggests the nearest", async () => {
    const { status, out, err } = await tessera(["transform"]);
    expect([status, out]).toEqual([2, ""]);
    expect(err).toMatch(/^tessera: unknown command 'transform'.*transforms.*\(usage\)\n$/);
  });

  test("refuses an unknown option, and says so in JSON when asked", async () => {
    const plain = await tessera(["probe", "a.jpg", "--jsn"]);
    expect(plain.status).toBe(2);
    expect(plain.err).toContain("unknown option '--jsn'");
    const json = await tessera(["probe", "a.jpg", "--json", "--nonsense"]);
    expect([json.status, json.err]).toEqual([2, ""]);
    expect(JSON.parse(json.out)).toEqual({
      error: { code: "usage", message: "unknown option '--nonsense'" },
    });
  });

  test("has colours when forced, and none when NO_COLOR is set", async () => {
    const forced = await tessera(["transforms"], { env: { FORCE_COLOR: "1" } });
    expect(forced.out).toContain("\x1b[");
    const refused = await tessera(["transforms"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
    expect(refused.out).not.toContain("\x1b[");
  });
});

describe("tessera transforms", () => {
  test("lists every operation with its parameters", async () => {
    const { status, out } = await tessera(["transforms"]);
    expect(status).toBe(0);
    for (const op of allOps()) expect(out).toMatch(new RegExp(`^ {2}${op.name} `, "m"));
    expect(out).toMatch(/sigma {2}a number from .* \(px\), default/);
  });

  test("--json is an array with a JSON Schema of each operation's parameters", async () => {
    const { status, out } = await tessera(["transforms", "--json"]);
    expect(status).toBe(0);
    const listed = JSON.parse(out) as Record<string, unknown>[];
    expect(listed.map(({ name }) => name)).toEqual(allOps().map(({ name }) => name));
    for (const op of listed) {
      expect(Object.keys(op)).toEqual(
        expect.arrayContaining(["name", "title", "summary", "definition", "kind", "params"]),
      );
      expect(op.params).toMatchObject({ type: "object" });
    }
  });

  test("tells all about one operation", async () => {
    const { status, out } = await tessera(["transforms", "blur"]);
    expect(status).toBe(0);
    expect(out).toContain("Source:");
    expect(out).toContain("Standard deviation");
    expect(JSON.parse((await tessera(["transforms", "blur", "--json"])).out)).toHaveLength(1);
  });

  test("suggests the nearest for an unknown operation", async () => {
    const { status, err } = await tessera(["transforms", "blurr"]);
    expect(status).toBe(2);
    expect(err).toBe("tessera: There is no operation 'blurr'. Did you mean blur? (usage)\n");
  });

  test("ends quietly when its reader has seen enough", async () => {
    const command = `"${process.execPath}" cli/tessera.ts transforms | head -n 1`;
    const child = Bun.spawn(["sh", "-c", command], {
      cwd: `${import.meta.dir}/../..`,
      stderr: "pipe",
      stdout: "pipe",
    });
    expect(await child.stderr.text()).toBe("");
  });
});

describe("figures for people", () => {
  test("sizes and times are short", () => {
    expect([0, 999, 1500, 12_345_678, 999_600_000].map(formatBytes)).toEqual([
      "0 bytes",
      "999 bytes",
      "1.5 kB",
      "12 MB",
      "1.0 GB",
    ]);
    expect([0.04, 9.94, 42.4, 300, 7260].map(formatSeconds)).toEqual([
      "0.0 s",
      "9.9 s",
      "42 s",
      "5 min",
      "2 h 1 min",
    ]);
  });

  test("a bar has the same width whatever it shows", () => {
    for (let part = 0; part <= 1; part += 0.013) expect([...bar(part)]).toHaveLength([...bar(0)].length);
    expect(bar(1)).not.toContain(" ");
  });

  const view = (tilesDone: number, name = "photo.jpg"): JobView => ({
    id: "1",
    state: "running",
    priority: 5,
    owner: "local",
    labels: {},
    created_at: new Date(0).toISOString(),
    wall_ms: 1000,
    source: { name, type: "jpeg", width: 10, height: 10, bytes: 10 },
    pipeline: [],
    stages: 1,
    attempts: 1,
    progress: {
      tiles_done: tilesDone,
      tiles_total: 100,
      tiles_failed: 0,
      tiles_retried: 0,
      tiles_per_second: 50,
      seconds_left: (100 - tilesDone) / 50,
    },
    output: { format: "jpeg", width: 10, height: 10 },
  });

  test("a job under way tells tiles a second and the time left", () => {
    expect(figuresOf(view(0))).toBe("running");
    expect(figuresOf(view(50))).toBe("50 tiles/s, 1.0 s left");
    expect(figuresOf(view(100))).toBe("writing");
  });

  test("the bar never wraps, is not redrawn too often, and is taken away", () => {
    const written: string[] = [];
    let nowMs = 0;
    const stream = { write: (text: string) => written.push(text), columns: 80 };
    const display = new ProgressBar(stream, { images: 20, finished: () => 4, now: () => nowMs });
    display.show(view(10, `${"long/".repeat(30)}photo.jpg`));
    display.show(view(11));
    nowMs += 100;
    display.show(view(12));
    expect(written).toHaveLength(2);
    for (const line of written) {
      expect(line).toStartWith("\r5/20 ");
      expect(line.replace("\r", "").replace("\x1b[K", "").length).toBeLessThan(80);
    }
    expect(written[0]).toContain("photo.jpg ");
    display.clear();
    expect(written.at(-1)).toBe("\r\x1b[K");
  });
});
