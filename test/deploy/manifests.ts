import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectFiles, readSource } from "../support/sources.ts";

const ROOT = join(import.meta.dir, "..", "..");
export const KUBERNETES = "deploy/kubernetes";

/** An object of a cluster, as far as every kind of it is alike. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

interface Model {
  new (data: object): { validate(): void };
}

/** Where the schemas of a version of an API are: classes that check values, and types that know every field. */
const MODELS: Readonly<Record<string, { path: string; load: () => Promise<object> }>> = {
  v1: { path: "kubernetes-models/v1", load: () => import("kubernetes-models/v1") },
  "apps/v1": { path: "kubernetes-models/apps/v1", load: () => import("kubernetes-models/apps/v1") },
  "batch/v1": { path: "kubernetes-models/batch/v1", load: () => import("kubernetes-models/batch/v1") },
  "policy/v1": { path: "kubernetes-models/policy/v1", load: () => import("kubernetes-models/policy/v1") },
  "networking.k8s.io/v1": {
    path: "kubernetes-models/networking.k8s.io/v1",
    load: () => import("kubernetes-models/networking.k8s.io/v1"),
  },
  "keda.sh/v1alpha1": {
    path: "@kubernetes-models/keda/keda.sh/v1alpha1",
    load: () => import("@kubernetes-models/keda/keda.sh/v1alpha1"),
  },
  "kafka.strimzi.io/v1": {
    path: "@kubernetes-models/strimzi-kafka-operator/kafka.strimzi.io/v1",
    load: () => import("@kubernetes-models/strimzi-kafka-operator/kafka.strimzi.io/v1"),
  },
};

/** Every document in a file, or in a text, of YAML. */
export const documentsOf = (yaml: string): Manifest[] => [Bun.YAML.parse(yaml)].flat() as Manifest[];

/** The objects that the files describe whole: neither parts to be laid over others, nor kustomize's own. */
export const manifestsIn = (folder: string): Manifest[] =>
  projectFiles(`${KUBERNETES}/${folder}/*.yaml`)
    .filter((file) => !/\/kustomization\.yaml$|\.patch\.yaml$/.test(file))
    .flatMap((file) => documentsOf(readSource(file)));

export const patchesIn = (folder: string): Manifest[] =>
  projectFiles(`${KUBERNETES}/${folder}/*.patch.yaml`).flatMap((file) => documentsOf(readSource(file)));

/** What the values of an object break: lengths, patterns, ranges, what has to be there. */
export async function faultsOf({ apiVersion, kind, ...data }: Manifest): Promise<string[]> {
  const models = (await MODELS[apiVersion]?.load()) as Record<string, Model> | undefined;
  const model = models?.[kind];
  if (model === undefined) return [`${apiVersion} ${kind} is not known.`];
  try {
    new model(data).validate();
    return [];
  } catch (thrown) {
    return [`${kind} ${data.metadata.name}: ${thrown instanceof Error ? thrown.message : thrown}`];
  }
}

/** Nobody reads a field that is misspelt. A part need not have what the whole has to. */
const PART = `type Part<T> = T extends readonly (infer U)[]
  ? readonly Part<U>[]
  : T extends object
    ? { readonly [K in keyof T]?: Part<T[K]> }
    : T;
`;

/**
 * What a compiler says of the objects as literals of their types: fields that are not there, and values of another kind.
 * The schemas' own check lets unknown fields pass, as a cluster does too.
 */
export async function misspeltIn(
  manifests: readonly Manifest[],
  parts: readonly Manifest[],
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "tessera-manifests-"));
  try {
    const typeOf = ({ apiVersion, kind }: Manifest) =>
      `import("${MODELS[apiVersion]?.path ?? apiVersion}").I${kind}`;
    const literals = [
      ...manifests.map(
        (manifest, i) => `export const whole${i}: ${typeOf(manifest)} = ${literal(manifest)};`,
      ),
      ...parts.map(
        (manifest, i) => `export const part${i}: Part<${typeOf(manifest)}> = ${literal(manifest)};`,
      ),
    ];
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    writeFileSync(join(folder, "manifests.ts"), `${PART}${literals.join("\n")}\n`);
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    const tsc = join(ROOT, "node_modules", ".bin", "tsc");
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "preserve", "--types", ""];
    const command = [process.execPath, tsc, ...options, "manifests.ts"];
    const child = Bun.spawn(command, { cwd: folder, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    const said = await child.stdout.text();
    return (await child.exited) === 0 ? "" : said;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Without the word to kustomize that a part may hold. */
function literal(manifest: Manifest): string {
  const { $patch, ...fields } = manifest as Manifest & { $patch?: string };
  return JSON.stringify(fields, null, 1);
}
