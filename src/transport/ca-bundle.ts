/** The file of PROXBOX_CA_BUNDLE: certificates, or the sentence that says what it is instead. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { errorText, ProxboxError } from '../errors/proxbox-error.js';

const certificates = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

function isCertificate(content: Buffer | string): boolean {
  try {
    return new X509Certificate(content).raw.length > 0;
  } catch {
    // Not one: the caller says what that means.
    return false;
  }
}

/** Completes "PROXBOX_CA_BUNDLE ...". */
function problemOf(content: Buffer, file: string): string | undefined {
  const text = content.toString('latin1');
  const found = text.match(certificates) ?? [];
  const broken = found.findIndex((pem) => !isCertificate(pem));
  if (broken >= 0) return `cannot be used: certificate ${broken + 1} of ${found.length} is damaged. Copy it again`;
  if (found.length > 0) return undefined;
  if (isCertificate(content))
    return `is a certificate in DER and has to be in PEM. Run: openssl x509 -inform der -in ${file} -out ca.pem`;
  if (text.includes('PRIVATE KEY')) return 'holds a private key and no certificate. Name the certificate instead';
  return 'holds no certificate. It has to be PEM text, with lines such as -----BEGIN CERTIFICATE-----';
}

/** The PEM text. @throws ProxboxError `not_configured` when it cannot be read or holds no certificates */
export function readCaBundle(file: string): string {
  const refused = (problem: string, cause?: unknown): ProxboxError =>
    new ProxboxError('not_configured', `The file of PROXBOX_CA_BUNDLE, ${file}, ${problem}.`, { cause });
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    throw refused(`cannot be read: ${errorText(error)}. Name a file that this process may read`, error);
  }
  const problem = problemOf(content, file);
  if (problem !== undefined) throw refused(problem);
  return content.toString('utf8');
}
