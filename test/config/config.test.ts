import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { DEFAULT_LIMITS, limitsOf } from "../../master/limits.ts";
import { kafkaSettings, topicTable } from "../../shared/config/kafka.ts";
import { effectiveSettings, loadSettings } from "../../shared/config/load.ts";
import { SETTINGS } from "../../shared/config/setting.ts";
import { formatSize, parseSize } from "../../shared/config/size.ts";
import { TesseraError } from "../../shared/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
/** A file of its own. @returns its path */
function fileOf(text: string): string {
  const path = join(folder, `${files++}`);
  writeFileSync(path, text);
  return path;
}

const SECRET = "hunter2-of-the-tests";
const PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

/** The lines that say what is wrong; none if nothing is. */
function mistakes(environment: Record<string, string>): string[] {
  try {
    loadSettings(environment);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof TesseraError) || thrown.code !== "config_invalid") throw thrown;
    return thrown.detail.split("\n- ").slice(1);
  }
}

const mistakesInFile = (toml: string) => {
  const path = fileOf(toml);
  return mistakes({ TESSERA_CONFIG: path }).map((line) => line.replaceAll(path, "FILE"));
};

describe("settings", () => {
  test("have a name, a variable and a description, and no two share them", () => {
    for (const { name, variable, schema } of SETTINGS) {
      expect(variable).toBe(`TESSERA_${name.toUpperCase().replace(".", "_")}`);
      expect(schema.description).toMatch(/^[A-Z].*\.$/);
    }
    expect(new Set(SETTINGS.map(({ variable }) => variable)).size).toBe(SETTINGS.length);
  });

  test("come from the default, the file and the variables, and the later wins", () => {
    const TESSERA_CONFIG = fileOf(
      'port = 9000\ndir = "jobs"\n[kafka]\nbrokers = ["a:1", "b:2"]\n[limits]\nupload_bytes = "3 GiB"\n',
    );
    const settings = loadSettings({
      TESSERA_CONFIG,
      TESSERA_PORT: "0",
      TESSERA_KAFKA_PREFIX: "x.",
      PATH: "?",
    });
    expect(settings).toMatchObject({
      port: 0,
      dir: "jobs",
      host: "127.0.0.1",
      limits: { upload_bytes: 3 * 2 ** 30, side: DEFAULT_LIMITS.sideMax },
      kafka: { brokers: ["a:1", "b:2"], prefix: "x.", tls: false },
    });
    const { threads, worker } = loadSettings({});
    expect(threads).toBeGreaterThanOrEqual(1);
    expect(worker.name).not.toBe("");
  });

  test("of a variable that is empty are as if it were not there", () => {
    expect(loadSettings({ TESSERA_PORT: "", TESSERA_KAFKA_PASSWORD: "", TESSERA_NONSENSE: "" })).toEqual(
      loadSettings({}),
    );
  });

  test("mean the same wherever and however they are written", () => {
    const variables = {
      TESSERA_KAFKA_BROKERS: "a:1, b:2",
      TESSERA_KAFKA_MESSAGE_BYTES: "16MiB",
      TESSERA_KAFKA_CREATE_TOPICS: "false",
    };
    const written =
      'kafka.brokers = "a:1,b:2"\nkafka.message_bytes = 16_777_216\nkafka.create_topics = false';
    const { config, ...fromFile } = loadSettings({ TESSERA_CONFIG: fileOf(written) });
    expect(config).toBeDefined();
    expect(loadSettings(variables)).toEqual(fromFile);
  });

  test("that are shown can be given back as they are", () => {
    const shown = effectiveSettings({
      TESSERA_KAFKA_MESSAGE_BYTES: "1048577",
      TESSERA_KAFKA_BROKERS: "a:1,b:2",
    });
    const again = Object.fromEntries(shown.map(({ setting, text }) => [setting.variable, text]));
    expect(effectiveSettings(again).map(({ value }) => value)).toEqual(shown.map(({ value }) => value));
  });

  test("a size is a number with or without a unit, and nothing else", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), (bytes) => {
        expect(parseSize(formatSize(bytes))).toBe(bytes);
      }),
    );
    expect(["8 MiB", "8MiB", "8388608"].map(parseSize)).toEqual(Array(3).fill(8 * 2 ** 20));
    for (const text of ["8 MB", "8.5 MiB", "-1", "MiB", "8  MiB", "1e6", ""])
      expect(parseSize(text)).toBe(undefined);
  });
});

describe("what is wrong with the settings", () => {
  test("is told all at once: which, from where, and what was expected", () => {
    const path = fileOf(
      'prt = 1\ndir = ""\n[kafka]\ntls = "yes"\nsasl = "scram"\nmessage_bytes = "9 GiB"\n[limits]\nside = 2.5\n',
    );
    const found = mistakes({
      TESSERA_CONFIG: path,
      TESSERA_PORT: "80.5",
      TESSERA_THREADS: "0",
      TESSERA_KAFKA_BROKER: "a:1",
      TESSERA_KAFKA_BROKERS: "a,b:99999",
      TESSERA_KAFKA_PREFIX: "a b",
      TESSERA_KAFKA_MIN_INSYNC: "2",
    });
    expect(found.sort()).toEqual([
      "TESSERA_KAFKA_BROKER: there is no such setting. Did you mean TESSERA_KAFKA_BROKERS?",
      `dir (${path}): it is "", expected a text that is not empty.`,
      'kafka.brokers (TESSERA_KAFKA_BROKERS): it is "a,b:99999", expected host:port of each broker, with commas between them.',
      `kafka.message_bytes (${path}): it is "9 GiB", expected a size from 1 MiB to 64 MiB, in bytes or like "8 MiB".`,
      "kafka.min_insync (TESSERA_KAFKA_MIN_INSYNC): it is 2, expected at most kafka.replication, which is 1.",
      'kafka.prefix (TESSERA_KAFKA_PREFIX): it is "a b", expected at most 200 letters, digits, dots, underscores and hyphens.',
      `kafka.sasl (${path}): it is "scram", expected one of "none", "plain", "scram-sha-256", "scram-sha-512", "oauthbearer".`,
      `kafka.tls (${path}): it is "yes", expected true or false.`,
      `limits.side (${path}): it is 2.5, expected a whole number from 1 to 10000000 (px).`,
      'port (TESSERA_PORT): it is "80.5", expected a whole number from 0 to 65535.',
      `prt (${path}): there is no such setting. Did you mean port?`,
      'threads (TESSERA_THREADS): it is "0", expected a whole number from 1 to 1024.',
    ]);
  });

  const wrong: [name: string, toml: string, expected: string][] = [
    ["a number as text", 'port = "8080"', 'it is "8080"'],
    ["a truth as number", "kafka.create_topics = 1", "expected true or false"],
    ["a number as truth", "port = true", "expected a whole number"],
    ["a value where a group is meant", "kafka = 5", "there is no such setting"],
    ["a group where a value is meant", "[port]\nx = 1", "expected a whole number"],
    ["lists of groups", "[[kafka]]\nprefix = 'a'", "there is no such setting"],
    ["an empty list", "kafka.brokers = []", "expected host:port"],
    ["a day", "port = 2026-01-01", "expected a whole number"],
    ["an inherited name", "constructor = 1", "there is no such setting"],
    ["the file's own path", 'config = "other.toml"', "there is no such setting"],
    ["text that is no TOML", "port = 1\nport = 2", "FILE is not valid TOML, at line 2: Cannot redefine key."],
  ];
  test.each(wrong)("%s in the file is refused", (_, toml, expected) => {
    const found = mistakesInFile(toml);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  test("a file that cannot be read is named, and the variables are looked at all the same", () => {
    const missing = join(folder, "missing.toml");
    expect(mistakes({ TESSERA_CONFIG: missing, TESSERA_PORT: "http" })).toEqual([
      `config (TESSERA_CONFIG): ${missing} cannot be read: there is no such file.`,
      'port (TESSERA_PORT): it is "http", expected a whole number from 0 to 65535.',
    ]);
  });

  const KAFKA = (names: Record<string, string>) =>
    Object.fromEntries(Object.entries(names).map(([name, value]) => [`TESSERA_KAFKA_${name}`, value]));
  const pem = () => fileOf(PEM);
  const rules: [rule: string, environment: () => Record<string, string>, expected: RegExp[]][] = [
    [
      "plain needs a user and a password",
      () => KAFKA({ SASL: "plain" }),
      [/^kafka.username: it is missing, and kafka.sasl = "plain"/, /^kafka.password: it is missing/],
    ],
    [
      "scram needs a password",
      () => KAFKA({ SASL: "scram-sha-256", USERNAME: "u" }),
      [/^kafka.password: it is missing/],
    ],
    [
      "oauthbearer needs an address, a client and its secret",
      () => KAFKA({ SASL: "oauthbearer" }),
      [/^kafka.token_url: it is/, /^kafka.client_id: it is/, /^kafka.client_secret: it is/],
    ],
    [
      "a login has to be used",
      () => KAFKA({ USERNAME: "u", PASSWORD: "p" }),
      [/^kafka.username .*: it is given, but kafka.sasl is "none"/, /^kafka.password .*: it is given/],
    ],
    [
      "a certificate needs its key",
      () => KAFKA({ CERT: pem() }),
      [/^kafka.key: it is missing, and kafka.cert/],
    ],
    [
      "a key needs its certificate",
      () => KAFKA({ KEY: pem() }),
      [/^kafka.cert: it is missing, and kafka.key/],
    ],
    [
      "a certificate authority needs TLS",
      () => KAFKA({ CA: pem(), TLS: "false" }),
      [/^kafka.ca \(TESSERA_KAFKA_CA\): it is given, but kafka.tls is false/],
    ],
    [
      "the server's certificate needs its key",
      () => ({ TESSERA_TLS_CERT: pem() }),
      [/^tls.key: it is missing, and tls.cert/],
    ],
    [
      "tokens need an issuer and an audience",
      () => ({ TESSERA_OIDC_JWKS_URL: "https://login.example.com/keys" }),
      [/^oidc.issuer: it is missing, and oidc.jwks_url/],
    ],
    [
      "an issuer needs an audience, and to be reached safely",
      () => ({ TESSERA_OIDC_ISSUER: "http://login.example.com", TESSERA_OIDC_ALGORITHMS: "HS256,none" }),
      [/^oidc.algorithms .*expected some of RS256/, /^oidc.issuer .*https:/],
    ],
    ["a server's name needs TLS", () => KAFKA({ SERVERNAME: "k" }), [/^kafka.servername .*: it is given/]],
    [
      "a PEM file is one",
      () => KAFKA({ CA: fileOf("?") }),
      [/^kafka.ca .*: the file that it names is no PEM file/],
    ],
    [
      "a PEM file is there",
      () => KAFKA({ CA: join(folder, "gone") }),
      [/^kafka.ca .*: the file that it names cannot be read: there is no such file/],
    ],
    [
      "an address holds no password",
      () => KAFKA({ TOKEN_URL: "https://me:pass@login.example.com" }),
      [/^kafka.token_url .*expected an address/],
    ],
    // what is wrong in itself is said once
    [
      "a rule keeps silent about what is wrong anyway",
      () =>
        KAFKA({
          SASL: "plain",
          USERNAME: "u",
          PASSWORD_FILE: join(folder, "gone"),
          REPLICATION: "x",
          MIN_INSYNC: "5",
        }),
      [/^kafka.password \(TESSERA_KAFKA_PASSWORD_FILE\): the file/, /^kafka.replication /],
    ],
  ];
  test.each(rules)("%s", (_, environment, expected) => {
    const found = mistakes(environment());
    expect(found).toHaveLength(expected.length);
    for (const [i, pattern] of expected.entries()) expect(found[i]).toMatch(pattern);
  });
});

describe("secrets", () => {
  const secrets = SETTINGS.filter(({ secret }) => secret);
  const LOGIN = { TESSERA_KAFKA_SASL: "plain", TESSERA_KAFKA_USERNAME: "me" };

  test("may be given by file, by variable and in the file of settings", () => {
    const path = fileOf(`${SECRET}\n`);
    expect(loadSettings({ ...LOGIN, TESSERA_KAFKA_PASSWORD_FILE: path }).kafka.password).toBe(SECRET);
    const TESSERA_CONFIG = fileOf(`kafka.password_file = '${path}'`);
    expect(loadSettings({ ...LOGIN, TESSERA_CONFIG }).kafka.password).toBe(SECRET);
    expect(loadSettings({ ...LOGIN, TESSERA_CONFIG, TESSERA_KAFKA_PASSWORD: "x" }).kafka.password).toBe("x");
    expect(mistakes({ TESSERA_PORT_FILE: path })).toEqual([
      "TESSERA_PORT_FILE: there is no such setting. Did you mean TESSERA_PORT?",
    ]);
  });

  test("are not to be given twice, nor empty", () => {
    const path = fileOf("");
    expect(mistakes({ ...LOGIN, TESSERA_KAFKA_PASSWORD: "x", TESSERA_KAFKA_PASSWORD_FILE: path })).toEqual([
      "kafka.password (TESSERA_KAFKA_PASSWORD_FILE): it is given twice, by itself and by file. Leave one out.",
    ]);
    expect(mistakes({ ...LOGIN, TESSERA_KAFKA_PASSWORD_FILE: path })).toEqual([
      "kafka.password (TESSERA_KAFKA_PASSWORD_FILE): expected a text that is not empty.",
    ]);
  });

  test("are never shown: neither among the settings nor in what is wrong with them", () => {
    expect(secrets.map(({ name }) => name)).toEqual([
      "webhooks.secret",
      "kafka.password",
      "kafka.client_secret",
      "client.key",
    ]);
    const [shown] = effectiveSettings({ ...LOGIN, TESSERA_KAFKA_PASSWORD: SECRET }).filter(
      ({ setting }) => setting.name === "kafka.password",
    );
    expect(shown).toMatchObject({ value: undefined, text: "(hidden)", origin: { kind: "environment" } });
    const everywhere: Record<string, string>[] = [
      ...secrets.map(({ variable }) => ({ [`${variable}_FILE`]: SECRET })),
      { TESSERA_KAFKA_CLIENT_SECRET: SECRET },
      { TESSERA_CLIENT_KEY: `${SECRET}\n` },
      { TESSERA_KAFKA_PASWORD: SECRET },
      { TESSERA_KAFKA_KEY: SECRET },
      ...[
        `kafka.password = ${SECRET}`,
        `kafka.password = "${SECRET}`,
        `kafka.password = ["${SECRET}"]`,
        `kafka.password = { x = "${SECRET}" }`,
        `kafka.pasword = "${SECRET}"`,
        `kafka.password_file = "${SECRET}"`,
        `kafka.password = '${SECRET}'${SECRET}`,
        `kafka.password = \`${SECRET}\``,
        `kafka.password = "\\${SECRET}"`,
        `kafka.password : ${SECRET}`,
      ].map((toml) => ({ TESSERA_CONFIG: fileOf(toml) })),
    ];
    for (const environment of everywhere) {
      const found = mistakes(environment);
      expect(found).not.toEqual([]);
      expect(found.join()).not.toContain(SECRET);
    }
  });
});

describe("what is made of the settings", () => {
  test("Kafka is reached as they say", () => {
    expect(kafkaSettings(loadSettings({}))).toEqual({ brokers: ["127.0.0.1:9092"], prefix: "" });
    const path = fileOf(PEM);
    const settings = loadSettings({
      TESSERA_KAFKA_CA: path,
      TESSERA_KAFKA_CERT: path,
      TESSERA_KAFKA_KEY: path,
      TESSERA_KAFKA_SERVERNAME: "kafka",
      TESSERA_KAFKA_SASL: "scram-sha-512",
      TESSERA_KAFKA_USERNAME: "me",
      TESSERA_KAFKA_PASSWORD: SECRET,
      TESSERA_KAFKA_PREFIX: "a.",
    });
    expect(settings.kafka.tls).toBe(true);
    expect(kafkaSettings(settings) as unknown).toEqual({
      brokers: ["127.0.0.1:9092"],
      prefix: "a.",
      tls: { ca: PEM, cert: PEM, key: PEM, servername: "kafka" },
      sasl: { mechanism: "scram-sha-512", username: "me", password: SECRET },
    });
    expect(kafkaSettings(loadSettings({ TESSERA_KAFKA_TLS: "true" })).tls).toEqual({});
  });

  test("topics are as they say", () => {
    const table = topicTable(
      loadSettings({
        TESSERA_KAFKA_TASKS_PARTITIONS: "7",
        TESSERA_KAFKA_RESULTS_PARTITIONS: "3",
        TESSERA_KAFKA_REPLICATION: "3",
        TESSERA_KAFKA_MIN_INSYNC: "2",
        TESSERA_KAFKA_RETENTION_MINUTES: "5",
        TESSERA_KAFKA_DEAD_LETTERS_RETENTION_DAYS: "2",
        TESSERA_KAFKA_MESSAGE_BYTES: "4 MiB",
      }),
    );
    const safe = { replicas: 3, minInSync: 2 };
    const work = { ...safe, messageBytesMax: 4 * 2 ** 20, retentionMs: 5 * 60_000 };
    expect(table).toEqual({
      tasks: { ...work, partitions: 7 },
      results: { ...work, partitions: 3 },
      heartbeats: { ...safe, partitions: 1, messageBytesMax: 2 ** 16, retentionMs: 10 * 60_000 },
      "dead-letters": { ...work, partitions: 1, retentionMs: 2 * 86_400_000 },
    });
  });

  test("limits are as they say", () => {
    const settings = loadSettings({ TESSERA_LIMITS_PIXELS: "5", TESSERA_LIMITS_FREE_BYTES: "0" });
    expect(limitsOf(settings)).toEqual({ ...DEFAULT_LIMITS, pixelsMax: 5, freeBytesMin: 0 });
  });
});
