import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { CertificateKind, CertificatePair } from './types.js';

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
} as const;

const LOOPBACKS = [Buffer.from([127, 0, 0, 1]), Buffer.concat([Buffer.alloc(15), Buffer.from([1])])];

const KINDS: Readonly<
  Record<CertificateKind, { host: string; addresses: readonly Buffer[]; from: string; to: string }>
> = {
  'self-signed': { host: 'localhost', addresses: LOOPBACKS, from: '200101000000Z', to: '491231235959Z' },
  'wrong-host': { host: 'other.example.org', addresses: [], from: '200101000000Z', to: '491231235959Z' },
  expired: { host: 'localhost', addresses: LOOPBACKS, from: '190101000000Z', to: '200101000000Z' },
};

/**
 * Makes a self-signed X.509 v3 certificate (RFC 5280) for a P-256 key, written in DER by hand: Node can read
 * certificates but not make them, and a committed one would expire some day.
 */
export function createCertificate(kind: CertificateKind): CertificatePair {
  const { host, addresses, from, to } = KINDS[kind];
  const keys = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const algorithm = sequence(objectId(OID.ecdsaWithSha256));
  const name = sequence(tlv(0x31, sequence(objectId(OID.commonName), tlv(0x0c, Buffer.from(host, 'utf8')))));
  const alternatives = sequence(
    tlv(0x82, Buffer.from(host, 'ascii')),
    ...addresses.map((address) => tlv(0x87, address)),
  );
  const extensions = sequence(
    sequence(objectId(OID.subjectAltName), tlv(0x04, alternatives)),
    sequence(
      objectId(OID.basicConstraints),
      tlv(0x01, Buffer.from([0xff])),
      tlv(0x04, sequence(tlv(0x01, Buffer.from([0xff])))),
    ),
  );
  const toBeSigned = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    sequence(tlv(0x17, Buffer.from(from, 'ascii')), tlv(0x17, Buffer.from(to, 'ascii'))),
    name,
    keys.publicKey,
    tlv(0xa3, extensions),
  );
  const signature = sign('sha256', toBeSigned, createPrivateKey(keys.privateKey));
  const der = sequence(toBeSigned, algorithm, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString('base64').replace(/(.{64})(?=.)/g, '$1\n');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    privateKey: keys.privateKey,
  };
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

/** Tag, length (short or long form), value. */
function tlv(tag: number, value: Buffer): Buffer {
  if (value.length < 0x80) return Buffer.concat([Buffer.from([tag, value.length]), value]);
  const hex = value.length.toString(16);
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, value]);
}

function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const septets = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) septets.unshift((left & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return tlv(0x06, Buffer.from(bytes));
}
