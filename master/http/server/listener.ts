import type { Server } from "bun";
import { asTesseraError, TesseraError } from "../../../shared/errors.ts";
import { log } from "../../../shared/log.ts";
import { type Every, everyBySystem } from "../../clock.ts";
import { type Certificate, type CertificateFiles, readCertificate } from "./certificate.ts";

/** How often the files of the certificate are looked at. */
const LOOK_EVERY_MS = 10_000;

export interface ListenerOptions<T> {
  /** Listens on a port, with TLS if there is a certificate. */
  readonly listen: (port: number, tls: Certificate | undefined) => Server<T>;
  /** 0 takes a free one. */
  readonly port: number;
  readonly files?: CertificateFiles | undefined;
  readonly every?: Every | undefined;
}

/**
 * A socket that takes its certificate anew when its files change. Bun's `reload` leaves the certificate as it is, so
 * another server takes over the port at once; the one before it goes on with the requests and sockets that it has until
 * they end.
 */
export class Listener<T> {
  readonly url: string;
  /** A server that has stopped does not know it any more. */
  private readonly port: number;
  private readonly leaving = new Set<Server<T>>();
  private readonly endLooks: () => void;
  private certificate: Certificate | undefined;
  private server: Server<T>;
  /** Whether the port is ours. */
  private listening = true;
  /** Whether nobody is to come for the moment. */
  private held = false;

  /** @throws config_invalid when the port cannot be had, or the certificate is none */
  constructor(private readonly options: ListenerOptions<T>) {
    const { files, port, every = everyBySystem } = options;
    this.certificate = files && readCertificate(files);
    this.server = this.listen(port);
    this.url = this.server.url.href.replace(/\/$/, "");
    this.port = this.server.port!;
    this.endLooks = files === undefined ? () => {} : every(LOOK_EVERY_MS, () => this.look(files));
  }

  /** Takes no connection any more; those that wait for a next request are ended, the others go on. */
  hold(): void {
    this.held = true;
    this.free();
  }

  /** Takes connections again. @throws config_invalid when the port cannot be had for the moment */
  goOn(): void {
    this.held = false;
    if (!this.listening) this.take();
  }

  /** Connections are cut. */
  async stop(): Promise<void> {
    this.endLooks();
    await Promise.all([this.server, ...this.leaving].map((server) => server.stop(true)));
  }

  /** What cannot be used, such as a certificate whose key has not come yet, changes nothing; it is looked at again. */
  private look(files: CertificateFiles): void {
    try {
      const next = readCertificate(files);
      const waits = !this.listening && !this.held;
      if (!waits && Bun.deepEquals(next, this.certificate)) return;
      this.certificate = next;
      if (this.held) return;
      this.free();
      this.take();
    } catch (thrown) {
      log.warn(`The certificate was not taken anew: ${asTesseraError(thrown).message}`);
    }
  }

  private take(): void {
    this.server = this.listen(this.port);
    this.listening = true;
  }

  /** Frees the port at once. */
  private free(): void {
    if (!this.listening) return;
    this.listening = false;
    const { server } = this;
    this.leaving.add(server);
    server.stop(false).then(
      () => this.leaving.delete(server),
      (thrown: unknown) => log.error("A listener did not end.", { err: thrown }),
    );
  }

  /** A port that is taken is the world's fault and said so. */
  private listen(port: number): Server<T> {
    try {
      return this.options.listen(port, this.certificate);
    } catch (cause) {
      throw new TesseraError("config_invalid", cause instanceof Error ? cause.message : "", { cause });
    }
  }
}
