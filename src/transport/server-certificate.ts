/** The certificate with which this service speaks TLS: read, checked, and read again when its files change. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, unwatchFile, watchFile } from 'node:fs';
import path from 'node:path';
import type { Logger } from 'pino';
import { errorText, ProxboxError } from '../errors/proxbox-error.js';

/** PEM files; absolute. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Those that are named, else those that a folder has under the names that the images of the Python service use; null: none. */
export function certificateFiles(named: CertificateFiles | null, folder: string): CertificateFiles | null {
  if (named !== null) return named;
  const usual = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
  return existsSync(usual.cert) && existsSync(usual.key) ? usual : null;
}

function refused(what: string, remedy: string, cause?: unknown): ProxboxError {
  return new ProxboxError('not_configured', `The certificate of this service cannot be used: ${what}. ${remedy}`, {
    cause,
  });
}

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw refused(`${file} cannot be read: ${errorText(error)}`, 'Name a file that this process may read.', error);
  }
}

/** The first certificate of the file is that of the service; those behind it are its issuers. */
function leafOf(file: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    const remedy = 'Name a file with the certificate first, and those of its issuers behind it.';
    throw refused(`${file} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)`, remedy, error);
  }
}

/** @throws ProxboxError `not_configured` where a file cannot be read, is no PEM, or the two do not belong together */
export function readServerCertificate(files: CertificateFiles): ServerCertificate {
  const [cert, key] = [textIn(files.cert), textIn(files.key)];
  const leaf = leafOf(files.cert, cert);
  let isItsKey: boolean;
  try {
    isItsKey = leaf.checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    const remedy = 'Where it has a passphrase, run: openssl pkey -in <file> -out <new file>';
    throw refused(`${files.key} holds no private key in PEM without a passphrase`, remedy, error);
  }
  if (!isItsKey)
    throw refused(
      `the private key in ${files.key} is not that of the certificate in ${files.cert}`,
      'Name the key that the certificate was made with.',
    );
  return { cert, key };
}

/** What an operator should know of a certificate that can be used; undefined: nothing. */
export function certificateWarning({ cert }: ServerCertificate, now: Date): string | undefined {
  const { validTo, subject } = new X509Certificate(cert);
  if (new Date(validTo) > now) return undefined;
  return `The certificate of this service (${subject.replaceAll('\n', ', ')}) expired on ${validTo}: clients that check it refuse the connection. Put a new one in its place; no restart is needed.`;
}

interface Watching {
  readonly files: CertificateFiles;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Takes the new one; connections that are open keep the old one. */
  readonly use: (certificate: ServerCertificate) => void;
  /** How often files are looked at: a mounted secret is exchanged by a link, of which no event tells. */
  readonly everyMs?: number;
}

/** Until `stop` is called. What cannot be used leaves the one in use, and is said. */
export function watchServerCertificate({ files, logger, use, everyMs = 10_000 }: Watching): { stop(): void } {
  const look = (): void => {
    try {
      use(readServerCertificate(files));
      logger.info('The certificate of this service was read again.');
    } catch (error) {
      logger.warn(`${errorText(error)} The one in use stays.`);
    }
  };
  const watched = [files.cert, files.key];
  for (const file of watched) watchFile(file, { interval: everyMs, persistent: false }, look);
  return { stop: () => watched.forEach((file) => unwatchFile(file, look)) };
}
