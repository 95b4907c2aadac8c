/** What is said of a CA bundle that is none. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCaBundle } from '../../../src/transport/ca-bundle.js';
import { makeCertificates, type TestCertificates } from '../../support/certificates.js';
import { cleanUpDatabases, temporaryFolder } from '../db/database-kit.js';

cleanUpDatabases();

describe('the CA bundle', () => {
  let certificates: TestCertificates;
  beforeAll(() => {
    certificates = makeCertificates();
  });
  const fileWith = (content: string | Buffer): string => {
    const file = path.join(temporaryFolder(), 'ca.pem');
    writeFileSync(file, content);
    return file;
  };
  const refusal = (content: string | Buffer): string => {
    try {
      readCaBundle(fileWith(content));
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('nothing was refused');
  };

  it('is taken with one certificate and with several, and with text around them', () => {
    const { ca, selfSigned } = certificates;

    for (const text of [ca, `# ours\n${ca}\n# theirs\r\n${selfSigned.cert}`])
      expect(readCaBundle(fileWith(text))).toBe(text);
  });

  it('is refused with what it is instead, and how to mend it', () => {
    const { ca, selfSigned } = certificates;
    const damaged = ca.replace(/(BEGIN CERTIFICATE-----\n.{20}).{10}/, '$1AAAAAAAAAA');

    expect(refusal('garbage')).toMatch(/PROXBOX_CA_BUNDLE, .*ca\.pem, holds no certificate\. It has to be PEM/);
    expect(refusal('')).toMatch(/holds no certificate/);
    expect(refusal(selfSigned.key)).toMatch(/holds a private key and no certificate/);
    expect(refusal(`${ca}${damaged}`)).toMatch(/certificate 2 of 2 is damaged/);
    expect(refusal(new X509Certificate(ca).raw)).toMatch(/in DER .* openssl x509 -inform der/);
  });

  it('that is not there is refused with the reason', () => {
    expect(() => readCaBundle('/nowhere/ca.pem')).toThrow(
      /PROXBOX_CA_BUNDLE, \/nowhere\/ca\.pem, cannot be read: ENOENT/,
    );
  });
});
