import { describe, expect, it } from 'vitest';
import { parseRootCertificate } from '../../../../src/proxmox/parse/root-certificate.js';

/** As a Proxmox VE 9.2 answered. */
const recorded = {
  filename: 'pve-root-ca.pem',
  subject: '/CN=Proxmox Virtual Environment/OU=824a259b-eeef-460b-9898-7099c1e8aa1a/O=PVE Cluster Manager CA',
  fingerprint: 'D8:1D:DB:2B:F6:9F:3D:CB:33:8F:48:31:A4:00:DE:A6:25:EE:48:37:D0:98:14:F5:5D:A0:D5:3D:FB:62:E9:34',
};
const ofNode = { filename: 'pve-ssl.pem', subject: '/OU=PVE Cluster Node/O=Proxmox Virtual Environment/CN=pve1' };

describe('the root certificate', () => {
  it('is known by the UUID in its subject', () => {
    expect(parseRootCertificate([ofNode, recorded])).toBe('824a259b-eeef-460b-9898-7099c1e8aa1a');
  });

  it.each([
    ['OU=824A259B-EEEF-460B-9898-7099C1E8AA1A,CN=x', '824a259b-eeef-460b-9898-7099c1e8aa1a'],
    ['CN=x, OU = 824a259b-eeef-460b-9898-7099c1e8aa1a', '824a259b-eeef-460b-9898-7099c1e8aa1a'],
  ])('however the subject %s is written', (subject, expected) => {
    expect(parseRootCertificate([{ ...recorded, subject }])).toBe(expected);
  });

  it('of an authority of one’s own is known by its fingerprint', () => {
    const own = { ...recorded, subject: '/O=ACME/OU=Infrastructure/CN=ACME Root' };
    expect(parseRootCertificate([own])).toBe(recorded.fingerprint.toLowerCase());
  });

  it.each([[[]], [[ofNode]], [[{ filename: 'pve-root-ca.pem' }]], [[{ ...recorded, subject: null, fingerprint: '' }]]])(
    'is not known from %j',
    (rows) => {
      expect(parseRootCertificate(rows)).toBeNull();
    },
  );
});
