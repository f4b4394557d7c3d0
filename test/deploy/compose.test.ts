import { describe, expect, test } from "bun:test";
import { readSource } from "../support/sources.ts";
import { PROGRAMS, unknownIn } from "./variables.ts";

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly pull_policy?: string;
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string | number>>;
  readonly network_mode?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly restart: string;
  readonly stop_grace_period?: string;
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly healthcheck: { test?: readonly string[]; disable?: boolean };
  readonly [more: string]: unknown;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const { services, volumes } = Bun.YAML.parse(readSource("compose.yaml")) as Compose;
const { kafka, topics, master, worker } = services as Record<
  "kafka" | "topics" | "master" | "worker",
  Service
>;
const OWN = [topics, master, worker];
const ALL = Object.values(services);

describe("compose.yaml", () => {
  test("has a Kafka, its topics, a master and workers, and nothing unknown", () => {
    expect(Object.keys(services)).toEqual(["kafka", "topics", "master", "worker"]);
    for (const { command, environment } of OWN) {
      expect(PROGRAMS).toContain(command![0]!);
      expect(unknownIn(Object.keys(environment))).toEqual([]);
    }
  });

  test("pins what it fetches, and builds the one image of all roles once", () => {
    expect(kafka.image).toMatch(/^apache\/kafka:4\.\d+\.\d+$/);
    const { version } = JSON.parse(readSource("package.json"));
    for (const { image, pull_policy } of OWN)
      expect({ image, pull_policy }).toEqual({ image: `tessera:${version}`, pull_policy: "never" });
    expect(OWN.filter(({ build }) => build !== undefined)).toEqual([topics]);
  });

  test("gives nobody a right too many, nor room without bounds", () => {
    for (const service of ALL) {
      expect(service).toMatchObject({ cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
      expect(service.mem_limit).toBeString();
      expect(service.logging).toMatchObject({ options: { "max-size": "10m", "max-file": "3" } });
      expect(service).not.toHaveProperty("privileged");
    }
    for (const service of OWN) {
      expect(service).toMatchObject({ read_only: true, pids_limit: 512 });
      expect(service.tmpfs).toEqual([expect.stringMatching(/^\/tmp:size=\d+m/)]);
    }
  });

  test("P7: publishes nothing but on loopback, where the master serves the machine itself", () => {
    for (const { ports = [] } of ALL) for (const port of ports) expect(port).toStartWith("127.0.0.1:");
    expect(master.environment.TESSERA_HOST).toBe("127.0.0.1");
    expect(master.network_mode).toBe("host");
    for (const service of [kafka, topics, worker]) expect(service).not.toHaveProperty("network_mode");
  });

  test("can have any number of workers: they have no name, no port and no volume of their own", () => {
    for (const key of ["container_name", "hostname", "ports", "volumes"])
      expect(worker).not.toHaveProperty(key);
    for (const service of ALL) expect(service).not.toHaveProperty("container_name");
  });

  test("tells each client an address that Kafka advertises to it, as it would be sent on to that", () => {
    const advertised = String(kafka.environment.KAFKA_ADVERTISED_LISTENERS);
    expect(advertised).toContain(`INSIDE://${worker.environment.TESSERA_KAFKA_BROKERS},`);
    expect(advertised).toContain(`HOST://${master.environment.TESSERA_KAFKA_BROKERS}`);
    expect(topics.environment.TESSERA_KAFKA_BROKERS).toBe(worker.environment.TESSERA_KAFKA_BROKERS!);
    expect(kafka.ports).toEqual([`${master.environment.TESSERA_KAFKA_BROKERS}:9092`]);
    expect(kafka.environment.KAFKA_AUTO_CREATE_TOPICS_ENABLE).toBe("false");
  });

  test("starts each when what it needs is there, and again when it ends", () => {
    expect(topics.depends_on).toEqual({ kafka: { condition: "service_healthy" } });
    for (const { depends_on, restart } of [master, worker]) {
      expect(depends_on).toMatchObject({ topics: { condition: "service_completed_successfully" } });
      expect(restart).toBe("unless-stopped");
    }
    // endless, it would hide its mistake from whoever waits for it
    expect(topics.restart).toMatch(/^on-failure:\d+$/);
  });

  test("asks the processes that last whether they are well, and gives them time to end in good order", () => {
    const asked = (role: string) => ["CMD", "bun", "deploy/health.ts", role];
    expect(master.healthcheck.test).toEqual(asked("master"));
    expect(worker.healthcheck.test).toEqual(asked("worker"));
    expect(worker.environment.TESSERA_WORKER_HEALTH_PORT).toBeNumber();
    expect(kafka.healthcheck.test).toBeArray();
    for (const { stop_grace_period } of [kafka, master, worker]) expect(stop_grace_period).toBe("60s");
  });

  test("keeps jobs and messages in volumes with names", () => {
    const used = ALL.flatMap((service) => service.volumes ?? []).map((volume) => volume.split(":"));
    expect(used.map(([name]) => name!).sort()).toEqual(Object.keys(volumes).sort());
    expect(used).toContainEqual(["jobs", "/var/lib/tessera"]);
    expect(used).toContainEqual(["kafka", String(kafka.environment.KAFKA_LOG_DIRS)]);
  });
});
