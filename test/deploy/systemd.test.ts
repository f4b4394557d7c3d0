import { describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readSource } from "../support/sources.ts";
import { PROGRAMS, unknownIn } from "./variables.ts";

const ROOT = join(import.meta.dir, "..", "..");
const FOLDER = "deploy/systemd";
const UNITS = ["tessera-master.service", "tessera-worker.service"];

/** What a unit says, by section and key; a key may stand in it several times. */
type Unit = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** @throws Error for a line that is neither empty nor a comment, a section or a setting */
function readUnit(text: string): Unit {
  const sections = new Map<string, Map<string, string[]>>();
  let section = new Map<string, string[]>();
  for (const line of text.split("\n").filter((one) => one !== "" && !one.startsWith("#"))) {
    const [, name, key, value] = /^\[(\w+)\]$|^(\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      section = new Map();
      sections.set(name, section);
    } else if (key !== undefined) section.set(key, [...(section.get(key) ?? []), value!]);
    else throw new Error(`This is no line of a unit: ${line}`);
  }
  return sections;
}

const units = UNITS.map((name) => readUnit(readSource(`${FOLDER}/${name}`)));
const services = units.map((unit) => unit.get("Service")!);
const [master, worker] = services as [ReadonlyMap<string, string[]>, ReadonlyMap<string, string[]>];
const only = (service: ReadonlyMap<string, readonly string[]>, key: string): string => {
  expect(service.get(key)).toHaveLength(1);
  return service.get(key)![0]!;
};

describe("the units for systemd", () => {
  test("start programs that are there, from the folder that they are in", () => {
    for (const service of services) {
      const [bun, program, ...rest] = only(service, "ExecStart").split(" ");
      expect(only(service, "WorkingDirectory")).toBe("/opt/tessera");
      expect(existsSync(bun!.replace("/opt/tessera", ROOT))).toBe(true);
      expect(PROGRAMS).toContain(program!);
      expect(rest).toEqual([]);
    }
    expect(only(master, "EnvironmentFile")).toBe("-/etc/tessera/master.env");
    expect(only(worker, "EnvironmentFile")).toBe("-/etc/tessera/worker.env");
  });

  test("set no variable that Tessera does not know, and those that the start script sets", () => {
    const set = services.flatMap((service) => service.get("Environment")!);
    expect(unknownIn(set.map((pair) => pair.split("=")[0]!))).toEqual([]);
    const { scripts } = JSON.parse(readSource("package.json"));
    const threads = master.get("Environment")!.find((pair) => pair.startsWith("UV_THREADPOOL_SIZE="));
    expect(scripts.start).toStartWith(`${threads} `);
  });

  test("start again whatever happened, for as long as it takes, and end in good order", () => {
    for (const unit of units) {
      const service = unit.get("Service")!;
      expect(unit.get("Unit")!.get("StartLimitIntervalSec")).toEqual(["0"]);
      expect(only(service, "Restart")).toBe("always");
      expect(only(service, "KillSignal")).toBe("SIGTERM");
      expect(Number(only(service, "TimeoutStopSec"))).toBeGreaterThanOrEqual(60);
      expect(unit.get("Install")!.get("WantedBy")).toEqual(["multi-user.target"]);
    }
  });

  test("keep the jobs where the image does, and nothing else anywhere", () => {
    const folder = `/var/lib/${only(master, "StateDirectory")}`;
    expect(master.get("Environment")).toContain(`TESSERA_DIR=${folder}`);
    expect(worker.has("StateDirectory")).toBe(false);
    for (const service of services) expect(only(service, "ProtectSystem")).toBe("strict");
  });

  test("allow both the same little, but for memory that is written and then run, which Bun lives on", () => {
    const rights = (service: ReadonlyMap<string, readonly string[]>) =>
      [...service].filter(([key]) =>
        /^(Protect|Private|Restrict|SystemCall|NoNew|Capability|Ambient|Lock|Dynamic|Remove|UMask)/.test(key),
      );
    expect(rights(master)).toEqual(rights(worker));
    expect(Object.fromEntries(rights(master))).toMatchObject({
      DynamicUser: ["yes"],
      NoNewPrivileges: ["yes"],
      CapabilityBoundingSet: [""],
      PrivateTmp: ["yes"],
      ProtectHome: ["yes"],
    });
    for (const service of services) expect(service.has("MemoryDenyWriteExecute")).toBe(false);
  });
});

/** Since this version it can look at another root. */
const SYSTEMD_MIN = 252;
const missing = systemdMissing();
if (missing)
  console.warn(`\n*** SKIPPED: systemd's own check. This machine has no systemd ${SYSTEMD_MIN}. ***\n`);

function systemdMissing(): boolean {
  if (Bun.which("systemd-analyze") === null) return true;
  const said = Bun.spawnSync(["systemd-analyze", "--version"]).stdout.toString();
  return Number(/\d+/.exec(said)?.[0]) < SYSTEMD_MIN;
}

describe.skipIf(missing)("systemd itself", () => {
  /** What systemd says of units on a machine that has Tessera, and next to nothing else. */
  async function verified(texts: Readonly<Record<string, string>>): Promise<string> {
    const root = mkdtempSync(join(tmpdir(), "tessera-systemd-"));
    try {
      const system = join(root, "etc", "systemd", "system");
      mkdirSync(system, { recursive: true });
      for (const target of ["sysinit", "basic", "shutdown", "network-online", "multi-user"])
        writeFileSync(join(system, `${target}.target`), "[Unit]\nDescription=there\n");
      for (const [name, text] of Object.entries(texts)) writeFileSync(join(system, name), text);
      const bun = join(root, "opt", "tessera", "node_modules", ".bin", "bun");
      mkdirSync(dirname(bun), { recursive: true });
      cpSync("/bin/sh", bun, { dereference: true });
      const command = ["systemd-analyze", "verify", `--root=${root}`, ...Object.keys(texts)];
      const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
      const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      return out + err;
    } finally {
      rmSync(root, { recursive: true });
    }
  }

  test("knows every line of the units", async () => {
    const texts = Object.fromEntries(UNITS.map((name) => [name, readSource(`${FOLDER}/${name}`)]));
    expect(await verified(texts)).toBe("");
    const wrong = { "wrong.service": texts[UNITS[0]!]!.replace("ProtectClock", "ProtectClok") };
    expect(await verified(wrong)).toContain("ProtectClok");
  });
});
