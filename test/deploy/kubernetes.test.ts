import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Pace } from "../../master/dispatch/pace.ts";
import type { WorkerSeat } from "../../master/workers/roster.ts";
import { topicName, workerGroup } from "../../shared/bus/kafka/topics.ts";
import { projectFiles, readSource } from "../support/sources.ts";
import {
  documentsOf,
  faultsOf,
  KUBERNETES,
  type Manifest,
  manifestsIn,
  misspeltIn,
  patchesIn,
} from "./manifests.ts";
import { PROGRAMS, unknownIn } from "./variables.ts";

const FOLDERS = ["base", "keda", "strimzi", "strimzi-keda"];
const BASE = manifestsIn("base");
const MANIFESTS = FOLDERS.flatMap(manifestsIn);
const PATCHES = FOLDERS.flatMap(patchesIn);

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly { name: string; value?: string; valueFrom?: object }[];
  readonly resources: { readonly limits: Readonly<Record<string, string>> };
  readonly [more: string]: unknown;
}

interface PodSpec {
  readonly containers: readonly [Container];
  readonly [more: string]: unknown;
}

/** Of an access control list. */
interface Rule {
  readonly resource: { readonly type: string; readonly name: string };
  readonly operations: readonly string[];
}

const named = (kind: string, name: string): Manifest =>
  MANIFESTS.find((manifest) => manifest.kind === kind && manifest.metadata.name === name)!;
const podOf = ({ spec }: Manifest): PodSpec => (spec.template as { spec: PodSpec }).spec;

const topics = named("Job", "tessera-topics");
const master = named("StatefulSet", "tessera-master");
const worker = named("Deployment", "tessera-worker");
const WORKLOADS = [topics, master, worker];
const config = named("ConfigMap", "tessera").data!;

describe("the manifests for Kubernetes", () => {
  test("are what the schemas of Kubernetes, KEDA and Strimzi allow", async () => {
    expect(MANIFESTS.length).toBeGreaterThan(15);
    expect((await Promise.all(MANIFESTS.map(faultsOf))).flat()).toEqual([]);
  });

  test("have no field that nobody would read", async () => {
    expect(await misspeltIn(MANIFESTS, PATCHES)).toBe("");
    const wrong = { ...worker, spec: { ...worker.spec, replica: 3 } };
    expect(await misspeltIn([wrong], [])).toContain('"replica"');
  });

  test("are all named by their kustomization, but for the example of a secret", () => {
    for (const folder of FOLDERS) {
      const own = readSource(`${KUBERNETES}/${folder}/kustomization.yaml`);
      const files = projectFiles(`${KUBERNETES}/${folder}/*.yaml`).map((file) => file.split("/").at(-1)!);
      const left = files.filter((file) => file !== "kustomization.yaml" && !own.includes(file));
      expect(left).toEqual(folder === "base" ? ["secret.example.yaml"] : []);
    }
  });

  test("run the image of this version, and programs that it has", () => {
    const { images } = Bun.YAML.parse(readSource(`${KUBERNETES}/base/kustomization.yaml`)) as {
      images: unknown;
    };
    expect(images).toEqual([{ name: "tessera", newTag: JSON.parse(readSource("package.json")).version }]);
    for (const workload of WORKLOADS) {
      const { image, args } = podOf(workload).containers[0];
      expect(image).toBe("tessera");
      expect(PROGRAMS).toContain(args[0]!);
    }
  });

  test("give every pod what the restricted profile asks for, and a file system that it cannot write to", () => {
    for (const workload of WORKLOADS) {
      const pod = podOf(workload);
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: "RuntimeDefault" },
      });
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.containers).toHaveLength(1);
      expect(pod.containers[0].securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(pod.containers[0].resources.limits.memory).toBeString();
    }
    const { labels } = named("Namespace", "tessera").metadata;
    expect(labels).toMatchObject({ "pod-security.kubernetes.io/enforce": "restricted" });
  });

  test("set no variable that Tessera does not know, and let Kubernetes set none", () => {
    const secret = named("Secret", "tessera-kafka").stringData!;
    const own = WORKLOADS.flatMap((workload) => podOf(workload).containers[0].env ?? []);
    const patched = PATCHES.flatMap(({ kind, data, spec }) =>
      kind === "ConfigMap"
        ? Object.keys(data!)
        : ((spec?.template as { spec: PodSpec })?.spec.containers[0].env ?? []).map(({ name }) => name),
    );
    const names = [
      ...Object.keys(config),
      ...Object.keys(secret),
      ...own.map(({ name }) => name),
      ...patched,
    ];
    expect(unknownIn(names)).toEqual([]);
    expect(names).toContain("TESSERA_KAFKA_PASSWORD_FILE");
    for (const workload of WORKLOADS) expect(podOf(workload).enableServiceLinks).toBe(false);
  });

  test("P7: have no way to the master but through its own loopback address", () => {
    const { env, startupProbe, livenessProbe, readinessProbe, ports } = podOf(master).containers[0];
    expect(env).toContainEqual({ name: "TESSERA_HOST", value: "127.0.0.1" });
    expect(ports).toBeUndefined();
    for (const probe of [startupProbe, livenessProbe])
      expect(probe).toMatchObject({ exec: { command: ["bun", "deploy/health.ts", "master"] } });
    expect(readinessProbe).toMatchObject({
      exec: { command: ["bun", "deploy/health.ts", "master", "ready"] },
    });
    for (const { spec } of BASE.filter(({ kind }) => kind === "Service"))
      expect(spec).toMatchObject({ clusterIP: "None" });
    expect(BASE.some(({ kind }) => kind === "Ingress")).toBe(false);
    expect(named("NetworkPolicy", "tessera").spec).toMatchObject({
      policyTypes: ["Ingress", "Egress"],
      ingress: [],
    });
  });

  test("have one master, and a disk that is its own", () => {
    expect(master.spec.replicas).toBe(1);
    const claims = master.spec.volumeClaimTemplates as Manifest[];
    expect(claims[0]!.spec).toMatchObject({ accessModes: ["ReadWriteOnce"] });
    const mounts = podOf(master).containers[0].volumeMounts as { name: string; mountPath: string }[];
    expect(mounts).toContainEqual({ name: claims[0]!.metadata.name, mountPath: "/var/lib/tessera" });
  });

  test("let master and workers end in good order", () => {
    for (const workload of [master, worker])
      expect(podOf(workload).terminationGracePeriodSeconds).toBeGreaterThanOrEqual(60);
    expect(named("PodDisruptionBudget", "tessera-worker").spec.maxUnavailable).toBe(1);
  });
});

describe("KEDA's numbers", () => {
  const scaled = named("ScaledObject", "tessera-worker").spec;
  const [lag] = scaled.triggers as { type: string; metadata: Record<string, string> }[];

  test("look at the lag of the workers' group", () => {
    expect(lag!.metadata).toMatchObject({
      consumerGroup: workerGroup({}),
      topic: topicName({}, "tasks"),
      offsetResetPolicy: "earliest",
    });
  });

  test("let each worker that is busy call for more of them, however long its tiles take", () => {
    const threads = Number(podOf(worker).containers[0].resources.limits.cpu);
    const windowMin = new Pace(true).window({ beat: { threads }, tileMs: 60_000 } as WorkerSeat);
    // Kubernetes lets a tenth too much pass
    expect(windowMin).toBeGreaterThan(1.1 * Number(lag!.metadata.lagThreshold));
    expect(Number(lag!.metadata.lagThreshold)).toBe(threads);
  });

  test("leave one worker, and three partitions to each of the most", () => {
    expect(scaled.minReplicaCount).toBe(1);
    expect(Number(scaled.maxReplicaCount)).toBe(Number(config.TESSERA_KAFKA_TASKS_PARTITIONS) / 3);
  });
});

describe("the Kafka of Strimzi", () => {
  const topicsOf = (name: string) =>
    named("KafkaTopic", name).spec as { partitions: number; replicas: number };

  test("has the topics that Tessera has, as large as it is told", () => {
    const there = MANIFESTS.filter(({ kind }) => kind === "KafkaTopic").map(({ metadata }) => metadata.name);
    expect(there).toEqual(["tasks", "results", "heartbeats", "dead-letters"]);
    expect(topicsOf("tasks").partitions).toBe(Number(config.TESSERA_KAFKA_TASKS_PARTITIONS));
    expect(topicsOf("results").partitions).toBe(Number(config.TESSERA_KAFKA_RESULTS_PARTITIONS));
    for (const name of there) expect(topicsOf(name).replicas).toBe(Number(config.TESSERA_KAFKA_REPLICATION));
  });

  test("lets nobody in without TLS and a login, and each user do only what is his", () => {
    const { listeners, authorization } = named("Kafka", "tessera").spec.kafka as Record<string, object[]>;
    expect(listeners).toEqual([
      expect.objectContaining({ tls: true, authentication: { type: "scram-sha-512" } }),
    ]);
    expect(authorization).toEqual({ type: "simple" } as never);
    const rightsOf = (user: string) =>
      (named("KafkaUser", user).spec.authorization as { acls: Rule[] }).acls.flatMap(
        ({ resource, operations }) =>
          operations
            .filter((operation) => !operation.startsWith("Describe"))
            .map((operation) => `${operation} ${resource.type} ${resource.name}`),
      );
    expect(rightsOf("tessera-worker").sort()).toEqual([
      "Read group image-workers",
      "Read topic tasks",
      "Write topic heartbeats",
      "Write topic results",
    ]);
    expect(rightsOf("tessera-master").sort()).toEqual([
      "Delete group heartbeats-",
      "Delete group master-",
      "Read group heartbeats-",
      "Read group master-",
      "Read topic heartbeats",
      "Read topic results",
      "Write topic dead-letters",
      "Write topic tasks",
    ]);
    expect(rightsOf("tessera-keda")).toEqual([]);
  });
});

/** Optional: a machine with no kubectl learns of mistakes in kustomizations elsewhere. */
const kubectl = Bun.which("kubectl");
if (kubectl === null) console.warn("\n*** SKIPPED: kustomizations. This machine has no kubectl. ***\n");

describe.skipIf(kubectl === null)("kustomize", () => {
  const build = async (folder: string): Promise<Manifest[]> => {
    const path = join(import.meta.dir, "..", "..", KUBERNETES, folder);
    const child = Bun.spawn([kubectl!, "kustomize", path], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [yaml, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    expect(err).toBe("");
    return documentsOf(yaml);
  };

  for (const folder of ["base", "strimzi", "strimzi-keda"]) {
    test(`makes whole objects of ${folder}`, async () => {
      const built = await build(folder);
      expect((await Promise.all(built.map(faultsOf))).flat()).toEqual([]);
      expect(await misspeltIn(built, [])).toBe("");
      for (const { kind, metadata } of built.filter((manifest) => manifest.kind !== "Namespace"))
        expect({ kind, metadata }).toMatchObject({ metadata: { namespace: "tessera" } });
    });
  }

  test("leaves the number of workers to KEDA, which logs in as itself", async () => {
    const built = await build("strimzi-keda");
    const one = (kind: string) => built.find((manifest) => manifest.kind === kind)!;
    expect(one("Deployment").spec.replicas).toBeUndefined();
    expect(built.some(({ kind }) => kind === "Job")).toBe(false);
    const [lag] = one("ScaledObject").spec.triggers as { authenticationRef: object; metadata: object }[];
    expect(lag!.authenticationRef).toEqual({ name: one("TriggerAuthentication").metadata.name });
    expect(lag!.metadata).toMatchObject({ sasl: "scram_sha512", tls: "enable" });
  });
});
