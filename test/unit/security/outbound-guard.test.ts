import { describe, expect, it } from 'vitest';
import {
  checkEndpointHost,
  createOutboundGuard,
  defaultGuardSettings,
  type GuardSettings,
  type OutboundGuard,
} from '../../../src/security/outbound-guard.js';

const names = new Map<string, readonly string[]>([
  ['public.example', ['93.184.216.34']],
  ['mixed.example', ['93.184.216.34', '127.0.0.1']],
  ['mapped.example', ['::ffff:169.254.169.254']],
]);

function guard(settings: Partial<GuardSettings> = {}, registered: readonly string[] = []) {
  return createOutboundGuard({
    lookup: async (name) => {
      const found = names.get(name);
      if (found === undefined) throw new Error('ENOTFOUND');
      return found;
    },
    settings: () => ({ ...defaultGuardSettings, ...settings }),
    registeredHosts: () => new Set(registered),
  });
}

const reasonOf = async (asked: OutboundGuard, url: string): Promise<string | null> =>
  (await asked.checkUrl(url)).reason;

describe('a guarded URL', () => {
  it('is told with the addresses that were looked at, the only ones to connect to', async () => {
    expect(await guard().checkUrl('http://public.example/')).toEqual({ reason: null, addresses: ['93.184.216.34'] });
    expect(await guard().checkUrl('http://93.184.216.34/')).toEqual({ reason: null, addresses: 'any' });
    expect(await guard({}, ['nas.local']).checkUrl('http://nas.local/')).toEqual({ reason: null, addresses: 'any' });
  });

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://127.0.0.1:8080/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://localhost.localdomain/',
    'http://mixed.example/',
    'http://mapped.example/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://[::1]/',
    'http://[::]/',
    'http://[fe80::1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://0.0.0.0/',
    'http://100.64.0.1/',
    'http://224.0.0.1/',
    'http://nas.local/',
    'http://router.LAN/',
    'http://unknown.example/',
    'http:///path',
    'no url',
    ' ',
  ])('to %s is refused', async (url) => {
    expect(await reasonOf(guard(), url)).toEqual(expect.any(String));
  });

  it.each([
    'https://public.example/image.qcow2',
    'https://93.184.216.34/',
    'http://10.1.2.3/',
    'http://[2606:2800:220:1::1]/',
  ])('to %s is allowed', async (url) => {
    expect(await reasonOf(guard(), url)).toBeNull();
  });

  it('says why', async () => {
    expect(await reasonOf(guard(), '')).toBe('URL cannot be empty');
    expect(await reasonOf(guard(), 'http://localhost/')).toBe('localhost is not allowed');
    expect(await reasonOf(guard(), 'http://nas.local/')).toBe("Host 'nas.local' appears to be an internal domain");
    expect(await reasonOf(guard(), 'http://nowhere.example/')).toContain(
      "Could not resolve host 'nowhere.example': ENOTFOUND",
    );
    expect(await reasonOf(guard(), 'http://127.0.0.1/')).toContain('is a reserved/internal IP address');
    expect(await reasonOf(guard(), 'http://mixed.example/')).toContain("Host 'mixed.example' resolves to 127.0.0.1");
  });

  it('follows the settings: block list, allow list, private addresses, protection off', async () => {
    const blocked = guard({ blockedIpRanges: ['93.184.0.0/16'], allowedIpRanges: ['93.184.216.34'] });

    expect(await reasonOf(blocked, 'http://public.example/')).toContain('is in explicitly blocked range 93.184.0.0/16');
    expect(await reasonOf(guard({ allowedIpRanges: ['127.0.0.0/8'] }), 'http://127.0.0.1/')).toBeNull();
    expect(await reasonOf(guard({ allowPrivateIps: false }), 'http://192.168.1.1/')).toContain('reserved');
    expect(await reasonOf(guard({ ssrfProtectionEnabled: false }), 'http://127.0.0.1/')).toBeNull();
    expect(await reasonOf(guard({}, ['127.0.0.1', 'nas.local']), 'http://nas.local/')).toBeNull();
  });
});

describe('the host of a registered endpoint', () => {
  it.each(['10.0.0.10', '127.0.0.1', '192.168.1.5/24', 'pve.local', 'localhost', '::1', 'fd00::1'])(
    'may be %s',
    (host) => {
      expect(checkEndpointHost(host, defaultGuardSettings)).toBeNull();
    },
  );

  it('may not lie in the explicit block list', () => {
    const settings = { ...defaultGuardSettings, blockedIpRanges: ['10.66.0.0/16'] };

    expect(checkEndpointHost('10.66.1.1/24', settings)).toBe(
      "Host '10.66.1.1' is in explicitly blocked range 10.66.0.0/16",
    );
    expect(checkEndpointHost('::ffff:10.66.1.1', settings)).toContain('explicitly blocked');
  });

  it.each(['169.254.169.254', 'fd00:ec2::254', '2852039166'])(
    'may be the metadata address %s only when it is allowed',
    (host) => {
      expect(checkEndpointHost(host, defaultGuardSettings)).toContain('metadata');
      const allowed = { ...defaultGuardSettings, allowedIpRanges: ['169.254.169.254', 'fd00:ec2::254/128'] };
      expect(checkEndpointHost(host, allowed)).toBeNull();
    },
  );
});
