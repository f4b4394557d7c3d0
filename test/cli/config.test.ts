import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tessera } from "../support/tessera.ts";

const SECRET = "hunter2-of-the-tests";
const LOGIN = {
  TESSERA_KAFKA_SASL: "plain",
  TESSERA_KAFKA_USERNAME: "me",
  TESSERA_KAFKA_PASSWORD: SECRET,
};

describe("tessera config", () => {
  test("shows every setting and where it comes from, and hides secrets", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tessera-config-"));
    try {
      const path = join(folder, "tessera.toml");
      writeFileSync(path, "port = 9000\n");
      const env = { ...LOGIN, TESSERA_CONFIG: path, TESSERA_LIMITS_UPLOAD_BYTES: "3GiB" };
      const { status, out, err } = await tessera(["config"], { env });
      expect([status, err]).toEqual([0, ""]);
      const lines = out.split("\n").map((line) => line.split(/ {2,}/));
      expect(lines).toContainEqual(["port", "9000", path, "TESSERA_PORT"]);
      expect(lines).toContainEqual(["host", "127.0.0.1", "default", "TESSERA_HOST"]);
      const upload = "TESSERA_LIMITS_UPLOAD_BYTES";
      expect(lines).toContainEqual(["limits.upload_bytes", "3 GiB", upload, upload]);
      const password = "TESSERA_KAFKA_PASSWORD";
      expect(lines).toContainEqual(["kafka.password", "(hidden)", password, password]);
      expect(out).not.toContain(SECRET);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("--json is an array of objects, and hides secrets", async () => {
    const { status, out } = await tessera(["config", "--json"], { env: { ...LOGIN, TESSERA_PORT: "0" } });
    expect(status).toBe(0);
    expect(out).not.toContain(SECRET);
    const settings = JSON.parse(out);
    expect(settings).toContainEqual({
      name: "port",
      variable: "TESSERA_PORT",
      value: 0,
      from: "environment",
      where: "TESSERA_PORT",
    });
    expect(settings).toContainEqual({
      name: "kafka.password",
      variable: "TESSERA_KAFKA_PASSWORD",
      secret: true,
      set: true,
      from: "environment",
      where: "TESSERA_KAFKA_PASSWORD",
    });
    expect(settings).toContainEqual({
      name: "kafka.message_bytes",
      variable: "TESSERA_KAFKA_MESSAGE_BYTES",
      value: 8388608,
      unit: "bytes",
      from: "default",
    });
  });

  test("every mistake is told, a line each", async () => {
    const env = { TESSERA_PORT: "http", TESSERA_PROT: "1", TESSERA_THREADS: "0" };
    const { status, out, err } = await tessera(["config"], { env });
    expect([status, out]).toEqual([1, ""]);
    expect(err.split("\n")).toEqual([
      "tessera: The configuration is not valid. What is wrong:",
      "- TESSERA_PROT: there is no such setting. Did you mean TESSERA_PORT?",
      '- port (TESSERA_PORT): it is "http", expected a whole number from 0 to 65535.',
      '- threads (TESSERA_THREADS): it is "0", expected a whole number from 1 to 1024. (config_invalid)',
      "",
    ]);
    const json = await tessera(["config", "--json"], { env });
    expect([json.status, json.err]).toEqual([1, ""]);
    expect(JSON.parse(json.out)).toMatchObject({ error: { code: "config_invalid" } });
  });

  test("the service does not start with mistakes, and tells them", async () => {
    const child = Bun.spawn([process.execPath, join(import.meta.dir, "../..", "embedded", "main.ts")], {
      env: { PATH: process.env.PATH, TESSERA_PORT: "http", TESSERA_LIMITS_PIXELS: "-1" },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    expect([status, out]).toEqual([1, ""]);
    expect(err).toContain("- port (TESSERA_PORT)");
    expect(err).toContain("- limits.pixels (TESSERA_LIMITS_PIXELS)");
  });
});
