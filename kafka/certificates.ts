/** Certificates for TLS on one machine, made by `openssl`. They last for a month. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";

const LIMIT_MS = 30_000;
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const MONTH = ["-days", "30"];
const SERIAL_END = 2 ** 40;

/** What a client shows, as PEM. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** One certificate authority, and the files of what it signs, in a folder. */
export class Authority {
  private constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {}

  static async make(folder: string, name: string): Promise<Authority> {
    const authority = new Authority(folder, name);
    const { config, pem, key } = authority.files(name);
    writeFileSync(config, configOf(name, ["basicConstraints = critical, CA:TRUE"]));
    const own = ["-config", config, "-extensions", "own", "-keyout", key, "-out", pem];
    await run(["openssl", "req", "-new", "-x509", ...NEW_KEY, ...MONTH, ...own], LIMIT_MS);
    return authority;
  }

  /** PEM */
  get certificate(): string {
    return readFileSync(this.pemFile, "utf8");
  }

  get pemFile(): string {
    return this.files(this.name).pem;
  }

  /**
   * Signs a certificate for `CN=name`.
   *
   * @param hosts what else it stands for: `DNS:…`, `IP:…`
   * @returns also `store`, the file of both that a Kafka reads
   */
  async sign(name: string, hosts: readonly string[] = []): Promise<ClientCertificate & { store: string }> {
    const { config, pem, key, request, store } = this.files(name);
    const names = hosts.length > 0 ? [`subjectAltName = ${hosts.join(", ")}`] : [];
    writeFileSync(config, configOf(name, ["basicConstraints = critical, CA:FALSE", ...names]));
    const asked = ["-config", config, "-keyout", key, "-out", request];
    await run(["openssl", "req", "-new", ...NEW_KEY, ...asked], LIMIT_MS);
    const issuer = this.files(this.name);
    const by = ["-CA", issuer.pem, "-CAkey", issuer.key, "-set_serial", serial(), ...MONTH];
    const signed = ["-in", request, "-extfile", config, "-extensions", "own", "-out", pem];
    await run(["openssl", "x509", "-req", ...signed, ...by], LIMIT_MS);
    const made = { cert: readFileSync(pem, "utf8"), key: readFileSync(key, "utf8") };
    writeFileSync(store, `${made.key}${made.cert}`);
    return { ...made, store };
  }

  private files(name: string) {
    const file = (ending: string) => join(this.folder, `${name}.${ending}`);
    return {
      config: file("cnf"),
      pem: file("pem"),
      key: file("key"),
      request: file("csr"),
      store: file("store"),
    };
  }
}

const configOf = (name: string, extensions: readonly string[]): string =>
  [
    "[req]",
    "distinguished_name = names",
    "prompt = no",
    "[names]",
    `CN = ${name}`,
    "[own]",
    ...extensions,
    "",
  ].join("\n");

const serial = (): string => String(1 + Math.floor(Math.random() * SERIAL_END));
