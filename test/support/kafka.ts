/**
 * A real Apache Kafka on this machine: one node, KRaft, on the loopback interface and free ports, with its data in a
 * folder that goes when it stops. The programs come from Maven Central through `mvn` and are kept in the user's cache.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

const VERSION = "4.3.1";
const STARTED = "Kafka Server started";
const START_LIMIT_MS = 60_000;
const DOWNLOAD_LIMIT_MS = 300_000;
/** Between asking the system for a free port and using it, somebody else may take it. */
const STARTS_MAX = 3;

/** Kafka logs through SLF4J and brings no backend: without one nobody would see it start. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tessera</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;

/** What the node's other listener demands: TLS by a certificate of its own, and one of these logins. */
export const USERS = { worker: "worker-secret", stranger: "stranger-secret" } as const;

export interface Broker {
  /** host:port; plain, for everybody, who may do everything. */
  readonly address: string;
  /** Where it was asked for: host:port, TLS and SASL (PLAIN, SCRAM-SHA-512); `worker` may do everything, others nothing. */
  readonly secure?: { readonly address: string; readonly ca: string };
  /** Kills the node and starts it again on the same ports and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** What a machine lacks to run a broker; empty where nothing is missing. */
export const missingForKafka = (): readonly string[] =>
  ["java", "mvn"].filter((tool) => Bun.which(tool) === null);

/** @throws Error with the broker's output if it does not start */
export async function startKafka(secured = false): Promise<Broker> {
  const libraries = await kafkaLibraries();
  for (let start = 1; ; start++) {
    try {
      return await startNode(libraries, secured);
    } catch (error) {
      if (start === STARTS_MAX || !String(error).includes("BindException")) throw error;
    }
  }
}

async function startNode(libraries: string, secured: boolean): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), "tessera-kafka-"));
  try {
    const [port, controller, securePort] = await freePorts(3);
    const settings = join(folder, "server.properties");
    const lines = properties(port!, controller!, join(folder, "data"));
    if (secured) await makeCertificate(folder);
    writeFileSync(settings, lineEach(secured ? withSecurity(lines, securePort!, folder) : lines));
    const format = ["kafka.tools.StorageTool", "format", "-t", "dGVzc2VyYS10ZXN0LW5vZA", "-c", settings];
    if (secured)
      for (const [name, password] of Object.entries(USERS))
        format.push("-S", `SCRAM-SHA-512=[name=${name},password=${password}]`);
    await run(java(libraries, format), START_LIMIT_MS);
    const command = java(libraries, ["kafka.Kafka", settings]);
    let node = await startedNode(command);
    return {
      address: `127.0.0.1:${port}`,
      ...(secured && {
        secure: {
          address: `127.0.0.1:${securePort}`,
          ca: readFileSync(join(folder, "certificate.pem"), "utf8"),
        },
      }),
      async restart() {
        await killed(node);
        node = await startedNode(command);
      },
      async stop() {
        await killed(node);
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

type Lines = Readonly<Record<string, string | number | boolean>>;

const properties = (port: number, controller: number, data: string): Lines => ({
  "process.roles": "broker,controller",
  "node.id": 1,
  "controller.quorum.voters": `1@127.0.0.1:${controller}`,
  listeners: `CLIENT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
  "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
  "controller.listener.names": "CONTROLLER",
  "inter.broker.listener.name": "CLIENT",
  "log.dirs": data,
  "offsets.topic.replication.factor": 1,
  "offsets.topic.num.partitions": 4,
  "transaction.state.log.replication.factor": 1,
  "transaction.state.log.min.isr": 1,
  "group.initial.rebalance.delay.ms": 0,
  "auto.create.topics.enable": false,
  // so that a node that was killed is let in again soon
  "broker.session.timeout.ms": 2000,
});

function withSecurity(lines: Lines, port: number, folder: string): Lines {
  const login = (module: string) => `org.apache.kafka.common.security.${module} required`;
  const users = Object.entries(USERS).map(([name, password]) => `user_${name}="${password}"`);
  return {
    ...lines,
    listeners: `${lines.listeners},SECURE://127.0.0.1:${port}`,
    "listener.security.protocol.map": `${lines["listener.security.protocol.map"]},SECURE:SASL_SSL`,
    "listener.name.secure.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
    "listener.name.secure.plain.sasl.jaas.config": `${login("plain.PlainLoginModule")} ${users.join(" ")};`,
    "listener.name.secure.scram-sha-512.sasl.jaas.config": `${login("scram.ScramLoginModule")};`,
    "ssl.keystore.type": "PKCS12",
    "ssl.keystore.location": join(folder, "keys.p12"),
    "ssl.keystore.password": KEYS_PASSWORD,
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS;User:worker",
  };
}

const KEYS_PASSWORD = "for-a-test";

/** Signed by itself, so that it is its own authority. */
async function makeCertificate(folder: string): Promise<void> {
  const store = ["-keystore", join(folder, "keys.p12"), "-storepass", KEYS_PASSWORD, "-alias", "broker"];
  const about = ["-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=broker", "-validity", "30"];
  const names = ["-ext", "SAN=IP:127.0.0.1", "-ext", "BC:critical=ca:true"];
  const make = ["keytool", "-genkeypair", "-storetype", "PKCS12", ...store, ...about, ...names];
  await run(make, START_LIMIT_MS);
  const pem = join(folder, "certificate.pem");
  await run(["keytool", "-exportcert", "-rfc", "-file", pem, ...store], START_LIMIT_MS);
}

const lineEach = (lines: Lines): string =>
  Object.entries(lines)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");

const java = (libraries: string, rest: readonly string[]): string[] => [
  "java",
  "-Xmx512m",
  // the quick start of a short life
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Dorg.slf4j.simpleLogger.logFile=System.out",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
  "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
  "-cp",
  join(libraries, "*"),
  ...rest,
];

type Node = ReturnType<typeof spawnNode>;

const spawnNode = (command: readonly string[]) =>
  Bun.spawn([...command], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });

async function startedNode(command: readonly string[]): Promise<Node> {
  const node = spawnNode(command);
  const watchdog = AbortSignal.timeout(START_LIMIT_MS);
  const onLate = () => node.kill("SIGKILL");
  watchdog.addEventListener("abort", onLate);
  const reader = node.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let said = "";
    while (!said.includes(STARTED)) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`Kafka did not start:\n${said}`);
      said += value;
    }
  } finally {
    watchdog.removeEventListener("abort", onLate);
  }
  void drain(reader);
  return node;
}

/** What nobody reads would fill the pipe and stop the broker. */
async function drain(reader: { read(): Promise<{ done: boolean }> }): Promise<void> {
  while (!(await reader.read()).done);
}

/** Its data goes with it, or is meant to survive this: there is nothing to end in good order. */
async function killed(node: Node): Promise<void> {
  node.kill("SIGKILL");
  await node.exited;
}

/** The folder of Kafka's jars; fetched once, and moved into place whole. */
async function kafkaLibraries(): Promise<string> {
  const cache = join(cacheFolder(), "tessera");
  const wanted = join(cache, `kafka-${VERSION}`);
  if (existsSync(wanted)) return wanted;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "fetching-"));
  try {
    const pom = join(folder, "pom.xml");
    const jars = join(folder, "jars");
    writeFileSync(pom, POM);
    const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${jars}`];
    await run(["mvn", "-q", "-B", "-f", pom, ...goal], DOWNLOAD_LIMIT_MS);
    try {
      renameSync(jars, wanted);
    } catch (error) {
      if (!existsSync(wanted)) throw error; // another run was first
    }
    return wanted;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function cacheFolder(): string {
  if (process.env.XDG_CACHE_HOME) return process.env.XDG_CACHE_HOME;
  return process.platform === "darwin" ? join(homedir(), "Library", "Caches") : join(homedir(), ".cache");
}

async function run(command: readonly string[], limitMs: number): Promise<void> {
  const child = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: limitMs,
  });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (status !== 0) throw new Error(`${command[0]} ended with ${status}:\n${out}${err}`);
}

/** Ports that were free a moment ago, all different: each is held until the last is found. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const { promise, resolve, reject } = Promise.withResolvers<ReturnType<typeof createServer>>();
      const server = createServer().once("error", reject);
      server.listen(0, "127.0.0.1", () => resolve(server));
      return promise;
    }),
  );
  return Promise.all(
    servers.map((server) => {
      const { port } = server.address() as { port: number };
      const { promise, resolve } = Promise.withResolvers<number>();
      server.close(() => resolve(port));
      return promise;
    }),
  );
}
