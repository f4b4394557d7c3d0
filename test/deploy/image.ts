import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { isLetIn, type Recipe, readRecipe, type Stage } from "./dockerfile.ts";

const ROOT = join(import.meta.dir, "..", "..");
/** What is built after an install. */
const BUILT = [join("shared", "kernels", "kernels.wasm"), join("page", "dist")];
const RUN_LIMIT_MS = 240_000;

/** What the Dockerfile makes, in a folder instead of a container. */
export interface Image {
  /** The folder of the program: what `WORKDIR` is in the image. */
  readonly app: string;
  readonly recipe: Recipe;
  /** Takes every right to write in the program's folder away. Whoever is root has them still: see `stateOf`. */
  seal(): void;
  remove(): void;
}

/**
 * Follows the Dockerfile without an engine: copies what it copies, runs what its first stages run, each in a folder of
 * its own. The base image is this machine, and what the last stage runs (as root, on the whole system) is left out.
 *
 * @param build build the kernels and the page as the Dockerfile does; otherwise this project's own, of the same sources,
 *   are taken
 */
export async function buildImage(folder: string, build: boolean): Promise<Image> {
  const recipe = readRecipe();
  const bin = join(folder, "bin");
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, "bun"));
  const rootOf = (name: string | undefined) => join(folder, name ?? "image");
  for (const stage of recipe.stages) await buildStage(stage, { rootOf, bin, build });
  const app = appOf(rootOf(undefined));
  return {
    app,
    recipe,
    seal: () => chmodTree(app, 0o555, 0o444),
    remove() {
      chmodTree(app, 0o755, 0o644);
      rmSync(folder, { recursive: true });
    },
  };
}

interface Workshop {
  /** The folder that stands for the file system of a stage; of the last one without a name. */
  readonly rootOf: (name: string | undefined) => string;
  /** A folder in which `bun` is this Bun. */
  readonly bin: string;
  readonly build: boolean;
}

const appOf = (root: string): string => join(root, "app");

async function buildStage(stage: Stage, { rootOf, bin, build }: Workshop): Promise<void> {
  const app = appOf(rootOf(stage.name));
  mkdirSync(app, { recursive: true });
  for (const step of stage.steps) {
    if (step.kind === "copy") {
      const { from, sources, target } = step;
      const isWanted = from === undefined ? isLetIn : () => true;
      for (const source of sources)
        copy(from === undefined ? ROOT : rootOf(from), source, `${app}/${target}`, isWanted);
    } else if (stage.name === "built" && !build)
      for (const path of BUILT) cpSync(join(ROOT, path), join(app, path), { recursive: true });
    else if (stage.name !== undefined) await run(step.command, app, bin);
  }
}

/** A file goes into a target that ends with a slash or is `./`, and takes its name otherwise; a folder's contents go in. */
function copy(root: string, source: string, target: string, isWanted: (path: string) => boolean): void {
  const from = join(root, source);
  const isFolder = lstatSync(from).isDirectory();
  const to = !isFolder && target.endsWith("/") ? join(target, basename(source)) : target;
  mkdirSync(isFolder ? to : dirname(to), { recursive: true });
  cpSync(from, to, {
    recursive: true,
    filter: (path) => isWanted(relative(root, path).replaceAll("\\", "/")),
  });
}

async function run(command: string, cwd: string, bin: string): Promise<void> {
  const child = Bun.spawn(["sh", "-ec", command], {
    cwd,
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: RUN_LIMIT_MS,
  });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (status !== 0) throw new Error(`${command} ended with ${status}:\n${out}${err}`);
}

/** Files and folders below `folder`, by their paths from it. */
export function treeOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
}

/** What changes as soon as anything below `folder` is written, made or removed. */
export const stateOf = (folder: string): string[] =>
  treeOf(folder).map((path) => {
    const { size, mtimeMs } = lstatSync(join(folder, path));
    return `${path} ${size} ${mtimeMs}`;
  });

function chmodTree(folder: string, folders: number, files: number): void {
  for (const path of ["", ...treeOf(folder)].map((inner) => join(folder, inner))) {
    const found = lstatSync(path);
    if (!found.isSymbolicLink()) chmodSync(path, found.isDirectory() ? folders : files);
  }
}
