import { describe, expect, test } from "bun:test";
import { validate } from "dockerfile-utils";
import { projectFiles, readSource } from "../support/sources.ts";
import { DOCKERFILE, isLetIn, readRecipe } from "./dockerfile.ts";
import { unknownIn } from "./variables.ts";

const MANIFEST = JSON.parse(readSource("package.json"));
const { stages, env, cmd, health, other } = readRecipe();
const last = stages.at(-1)!;

describe("the Dockerfile", () => {
  test("has nothing that a linter minds", () => {
    expect(validate(DOCKERFILE)).toEqual([]);
  });

  test("begins every stage with the Bun that the project has, and nothing newer by chance", () => {
    for (const { base } of stages) expect(base).toBe(`oven/bun:${MANIFEST.dependencies.bun}-slim`);
    expect(DOCKERFILE).toContain(`image.base.name="${last.base}"`);
  });

  test("installs what the lockfile says, and runs no package's script beside the project's own", () => {
    const installs = stages.flatMap(({ steps }) =>
      steps.flatMap((step) =>
        step.kind === "run" && step.command.includes("bun install") ? step.command : [],
      ),
    );
    expect(installs).toHaveLength(2);
    for (const command of installs) expect(command).toContain("--frozen-lockfile");
    expect(installs[1]).toContain("--production --ignore-scripts");
  });

  test("ends as somebody who is not root, by number, to whom only the folder of the jobs belongs", () => {
    expect(other.get("USER")).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const [uid, gid] = other.get("USER")!.split(":");
    const commands = last.steps.flatMap((step) => (step.kind === "run" ? step.command : []));
    expect(commands).toEqual([`install --directory --owner=${uid} --group=${gid} ${env.TESSERA_DIR}`]);
    expect(DOCKERFILE).not.toContain("--chown");
  });

  test("starts Bun itself, so that a stop reaches it, and asks it whether it is well", () => {
    // `readRecipe` refuses the forms with a shell in between
    expect(cmd).toEqual(["embedded/main.ts"]);
    expect(other.get("STOPSIGNAL")).toBe("SIGTERM");
    expect(health).toEqual(["bun", "deploy/health.ts"]);
  });

  test("sets what the start script sets, and no variable that Tessera does not know", () => {
    expect(MANIFEST.scripts.start).toContain(`UV_THREADPOOL_SIZE=${env.UV_THREADPOOL_SIZE} `);
    expect(unknownIn(Object.keys(env))).toEqual([]);
  });

  test("bears the version of the package", () => {
    expect(DOCKERFILE).toContain(`\nARG VERSION=${MANIFEST.version}\n`);
    for (const label of ["title", "description", "licenses", "version", "revision"])
      expect(other.get("LABEL")).toContain(`org.opencontainers.image.${label}=`);
  });
});

describe(".dockerignore", () => {
  const copied = stages.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.kind === "copy" && step.from === undefined ? step.sources : [])),
  );

  test("lets in what the Dockerfile copies", () => {
    for (const path of copied) expect(`${path} ${isLetIn(path.replace(/\/$/, ""))}`).toBe(`${path} true`);
  });

  test("keeps everything else out, such as what was built or made here", () => {
    const files = [...projectFiles("**/*"), "data/jobs.sqlite", "node_modules/hono/package.json", ".env"];
    const isCopied = (file: string) => copied.some((path) => file === path || file.startsWith(`${path}`));
    const wrong = files.filter((file) => isLetIn(file) && !isCopied(file));
    expect(wrong).toEqual([]);
    const out = ["shared/kernels/kernels.wasm", "page/dist/index.html", "test/run.ts", "cli/demo.ts"];
    for (const file of [...out, "deploy/kubernetes"]) expect(isLetIn(file)).toBe(false);
  });

  test("has no pattern beyond the paths that these tests understand", () => {
    const lines = readSource(".dockerignore").split("\n");
    for (const line of lines.filter((text) => text !== "" && text !== "*" && !text.startsWith("#")))
      expect(line).toMatch(/^!?[\w./-]+$/);
  });
});
