import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface TestCertificates {
  readonly selfSigned: Certificate;
  /** Signed by `ca`, for 127.0.0.1. */
  readonly signed: Certificate;
  readonly wrongName: Certificate;
  readonly expired: Certificate;
  readonly ca: string;
}

const caConfig = `
[ca]
default_ca = here
[here]
database = index.txt
new_certs_dir = .
serial = serial.txt
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
`;

/** Makes a small certificate authority with the openssl command in a temporary folder, which is removed again. */
export function makeCertificates(): TestCertificates {
  const folder = mkdtempSync(join(tmpdir(), 'proxbox-certificates-'));
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  };
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const selfSigned = (name: string, san: string): void =>
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
      '-days',
      '30',
      '-subj',
      `/CN=${name}`,
      '-addext',
      `subjectAltName=${san}`,
    );
  const signed = (name: string, san: string, from: string, to: string): Certificate => {
    openssl(
      'req',
      ...newKey,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
      '-addext',
      `subjectAltName=${san}`,
    );
    openssl(
      'ca',
      '-batch',
      '-config',
      'ca.cnf',
      '-cert',
      'ca.crt',
      '-keyfile',
      'ca.key',
      '-in',
      `${name}.csr`,
      '-out',
      `${name}.crt`,
      '-notext',
      '-startdate',
      from,
      '-enddate',
      to,
    );
    return { key: read(`${name}.key`), cert: read(`${name}.crt`) };
  };
  try {
    writeFileSync(join(folder, 'ca.cnf'), caConfig);
    writeFileSync(join(folder, 'index.txt'), '');
    writeFileSync(join(folder, 'serial.txt'), '1000\n');
    selfSigned('self', 'IP:127.0.0.1');
    selfSigned('ca', 'DNS:authority.invalid');
    return {
      selfSigned: { key: read('self.key'), cert: read('self.crt') },
      signed: signed('signed', 'IP:127.0.0.1', '20200101000000Z', '20491231235959Z'),
      wrongName: signed('wrong', 'DNS:other.invalid', '20200101000000Z', '20491231235959Z'),
      expired: signed('expired', 'IP:127.0.0.1', '20200101000000Z', '20210101000000Z'),
      ca: read('ca.crt'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
