import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { KernelExports } from "../../shared/kernels/exports.ts";
import { type Kernels, loadKernels } from "../../shared/kernels/kernels.ts";
import { differingOps, fingerprint } from "../../shared/ops/fingerprint.ts";
import { allOps } from "../../shared/ops/registry.ts";

type Name = keyof KernelExports;
type Kernel = (...args: number[]) => unknown;

/** Kernels of which `change` may make others. */
function kernelsWith(change: (kernel: Kernel, name: Name) => Kernel): Kernels {
  const kernels = loadKernels();
  const call = Object.fromEntries(
    Object.entries(kernels.call).map(([name, each]) => [
      name,
      typeof each === "function" ? change(each as Kernel, name as Name) : each,
    ]),
  );
  return Object.create(kernels, { call: { value: call } });
}

const ours = fingerprint();

describe("P1: a fingerprint of the ops", () => {
  test("has each op that computes pixels, and the figures that the others come from", () => {
    const computing = allOps().filter(({ kind }) => kind !== "statistics");
    expect(Object.keys(ours.ops).sort()).toEqual([...computing.map(({ name }) => name), "figures"].sort());
    // None is the same as another: nothing is left as it was, where that would hide a change.
    expect(new Set(Object.values(ours.ops)).size).toBe(computing.length + 1);
  });

  test("is the same each time, in another process too", async () => {
    expect(fingerprint()).toEqual(ours);
    const root = join(import.meta.dir, "..", "..");
    const code = `import { fingerprint } from "./shared/ops/fingerprint.ts"; console.log(JSON.stringify(fingerprint()))`;
    const child = Bun.spawn([process.execPath, "-e", code], { cwd: root, stdin: "ignore", stdout: "pipe" });
    expect(JSON.parse(await child.stdout.text())).toEqual(ours);
  });

  test("goes through every kernel that an op may use", () => {
    const unused = new Set<Name>();
    const watched = kernelsWith((kernel, name) => {
      unused.add(name);
      return (...args) => {
        unused.delete(name);
        return kernel(...args);
      };
    });
    expect(fingerprint(watched)).toEqual(ours);
    // Those of the payload: what they do is undone, or found out. And of previews, which no result is made of.
    const ofOthers = /^(to|from)(Planes|Bits)|^(un)?packWidths$|^reduce/i;
    expect([...unused].filter((name) => !ofOthers.test(name))).toEqual([]);
  });

  const users: [Name, string[]][] = [
    ["median16", ["median"]],
    ["gather", ["resize"]],
    ["convolve8f", ["convolve"]],
    ["histogram8", ["figures"]],
  ];

  test.each(users)("is another when %s is, and says which ops that changes", (changed, ops) => {
    const other = fingerprint(kernelsWith((kernel, name) => (name === changed ? () => undefined : kernel)));
    expect(other.hash).not.toBe(ours.hash);
    expect(differingOps(ours.ops, other.ops)).toEqual(ops);
  });

  test("tells ops that only one of the two has", () => {
    expect(differingOps({ a: "1", b: "2", c: "3" }, { b: "2", c: "4", d: "5" })).toEqual(["a", "c", "d"]);
  });
});
