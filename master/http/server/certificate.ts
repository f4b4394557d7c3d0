import { createPrivateKey, X509Certificate } from "node:crypto";
import { readPem } from "../../../shared/config/files.ts";
import { TesseraError } from "../../../shared/errors.ts";

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** PEM: what a server shows, and its private key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * A certificate and the key that belongs to it.
 *
 * @throws config_invalid, which shows neither contents nor paths: somebody may have put the key where its path belongs
 */
export function readCertificate(files: CertificateFiles): Certificate {
  const read = { cert: textOf("cert", files.cert), key: textOf("key", files.key) };
  if (!belong(read))
    throw new TesseraError(
      "config_invalid",
      "tls.key is not the private key of tls.cert, or one is damaged.",
    );
  return read;
}

function textOf(name: keyof CertificateFiles, path: string): string {
  const read = readPem(path);
  if (read.ok) return read.text;
  throw new TesseraError("config_invalid", `tls.${name}: the file that it names ${read.why}`);
}

function belong({ cert, key }: Certificate): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false; // one of them cannot be read
  }
}
