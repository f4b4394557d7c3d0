import { Cmd, Copy, DockerfileParser, Entrypoint, Env, From, Healthcheck, Run } from "dockerfile-ast";
import { readSource } from "../support/sources.ts";

interface CopyStep {
  readonly kind: "copy";
  /** The stage that is copied from; the project itself if there is none. */
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

interface RunStep {
  readonly kind: "run";
  /** For a shell. */
  readonly command: string;
}

export interface Stage {
  readonly base: string;
  /** The last one has none. */
  readonly name: string | undefined;
  readonly steps: (CopyStep | RunStep)[];
}

export interface Recipe {
  readonly stages: readonly Stage[];
  /** Variables of the image. */
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly health: readonly string[];
  /** The text after each other instruction of the last stage: `USER`, `STOPSIGNAL` … */
  readonly other: ReadonlyMap<string, string>;
}

export const DOCKERFILE = readSource("Dockerfile");

/** What the Dockerfile says, as far as these tests follow it. @throws Error for an instruction that they do not know */
export function readRecipe(): Recipe {
  const stages: Stage[] = [];
  const other = new Map<string, string>();
  const found = { env: {} as Record<string, string>, entrypoint: [""], cmd: [""], health: [""] };
  for (const instruction of DockerfileParser.parse(DOCKERFILE).getInstructions()) {
    const text = instruction.getArgumentsContent() ?? "";
    const stage = stages.at(-1);
    if (instruction instanceof From)
      stages.push({
        base: instruction.getImage() ?? "",
        name: instruction.getBuildStage() ?? undefined,
        steps: [],
      });
    else if (instruction instanceof Copy) {
      const paths = instruction.getArguments().map((argument) => argument.getValue());
      const from = instruction.getFromFlag()?.getValue() ?? undefined;
      stage!.steps.push({ kind: "copy", from, sources: paths.slice(0, -1), target: paths.at(-1)! });
    } else if (instruction instanceof Run) stage!.steps.push({ kind: "run", command: text });
    else if (instruction instanceof Env)
      for (const property of instruction.getProperties())
        found.env[property.getName()] = property.getValue() ?? "";
    else if (instruction instanceof Entrypoint) found.entrypoint = execForm(text);
    else if (instruction instanceof Cmd) found.cmd = execForm(text);
    else if (instruction instanceof Healthcheck) found.health = execForm(text.replace(/^.*?\bCMD\s+/s, ""));
    else other.set(instruction.getKeyword(), text);
  }
  return { stages, ...found, other };
}

/** @throws SyntaxError for the shell form, under which signals would not arrive */
const execForm = (text: string): string[] => JSON.parse(text) as string[];

const RULES = readSource(".dockerignore")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => ({ lets: line.startsWith("!"), path: line.replace(/^!/, "") }));

/** Whether .dockerignore lets a path of the project into the build. The last rule about it wins. */
export const isLetIn = (path: string): boolean =>
  RULES.findLast((rule) => rule.path === "*" || path === rule.path || path.startsWith(`${rule.path}/`))
    ?.lets === true;
