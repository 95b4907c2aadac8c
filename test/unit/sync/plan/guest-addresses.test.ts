import { describe, expect, it } from 'vitest';
import type { GuestAddress, GuestInterface } from '../../../../src/proxmox/parse/guest-interfaces.js';
import type { NetworkOptions } from '../../../../src/sync/plan/options.js';
import { judgedNetwork, wantedNics } from '../../../../src/sync/plan/guest-addresses.js';
import { syncOptions } from '../../../support/factories/sync.js';

const address = (text: string): GuestAddress => {
  const [host = '', prefix] = text.split('/');
  return { address: host, prefix: prefix === undefined ? null : Number(prefix), family: host.includes(':') ? 6 : 4 };
};
const inside = (name: string, mac: string, ...addresses: readonly string[]): GuestInterface => ({
  name,
  mac,
  addresses: addresses.map(address),
});

const mac = 'aa:bb:cc:00:00:01';
const qemu = { config: { net0: 'virtio=AA:BB:CC:00:00:01,bridge=vmbr0' }, type: 'qemu' as const };

function addressesOf(
  interfaces: readonly GuestInterface[] | null,
  changes: Partial<NetworkOptions> = {},
  guest: Parameters<typeof wantedNics>[0] = qemu,
) {
  const [nic] = wantedNics(guest, interfaces, { ...syncOptions().network, ...changes });
  return { addresses: nic?.addresses.map((one) => one.address), ignored: nic?.ignored, inside: nic?.inside };
}

describe('an answer decides about stored addresses', () => {
  const judge = (interfaces: readonly GuestInterface[], guest: Parameters<typeof wantedNics>[0] = qemu) =>
    judgedNetwork({ status: 'told', interfaces }, wantedNics(guest, interfaces, syncOptions().network), 'web');

  it('when it names one of a device of the guest, or the guest has no devices', () => {
    expect(judge([inside('eth0', mac, '10.0.0.5/24')]).status).toBe('told');
    expect(judge([inside('eth0', mac, '10.0.0.5/24')], { ...qemu, config: {} }).status).toBe('told');
  });

  it.each<[string, readonly GuestInterface[], string?]>([
    [
      'only a bridge inside has one',
      [inside('eth0', mac, 'fe80::1/64'), inside('docker0', '02:42:00:00:00:01', '172.17.0.1/16')],
    ],
    ['it has only link-local ones', [inside('eth0', mac, 'fe80::1/64', '169.254.1.1/16')], 'no_addresses'],
    ['it has none', [inside('eth0', mac)], 'no_addresses'],
    ['no device is behind it', [inside('eth0', 'de:ad:be:ef:00:00', '10.0.0.5/24')]],
  ])('not when %s, and says so', (_text, interfaces, code = 'no_matching_nic') => {
    expect(judge(interfaces)).toMatchObject({
      status: 'untold',
      reason: { code, message: expect.stringContaining('stored addresses stay') },
    });
  });
});

describe('the addresses of a network device', () => {
  it('are those of every interface of the guest with its MAC address, each host once', () => {
    const found = addressesOf([
      inside('eth0', mac, '10.0.0.5/24', '10.0.0.6/24'),
      inside('eth0.100', mac, '10.0.0.5/32', '10.1.0.5/16'),
    ]);
    expect(found.addresses).toEqual(['10.0.0.5/24', '10.0.0.6/24', '10.1.0.5/16']);
    expect(found.inside).toEqual([
      { name: 'eth0', addresses: ['10.0.0.5/24', '10.0.0.6/24'] },
      { name: 'eth0.100', addresses: ['10.1.0.5/16'] },
    ]);
  });

  it('leave out loopback, link-local, multicast and what is no address, and count them', () => {
    const found = addressesOf([
      inside(
        'eth0',
        mac,
        '127.0.0.1/8',
        'fe80::1/64',
        '169.254.3.4/16',
        'ff02::1/128',
        '::ffff:192.0.2.9/96',
        'x',
        '10.0.0.5/24',
      ),
    ]);
    expect(found).toMatchObject({ addresses: ['10.0.0.5/24'], ignored: 6 });
  });

  it('keep link-local addresses when that is wanted', () => {
    expect(addressesOf([inside('eth0', mac, 'fe80::1/64')], { ignoreIpv6LinkLocal: false }).addresses).toEqual([
      'fe80::1/64',
    ]);
  });

  it('are one spelling, with a host prefix where none is known', () => {
    expect(addressesOf([inside('eth0', mac, '2001:DB8:0:0::1/64', '10.0.0.9')]).addresses).toEqual([
      '10.0.0.9/32',
      '2001:db8::1/64',
    ]);
  });

  it('come with the preferred family first, in the order of the guest within one', () => {
    const guest = [inside('eth0', mac, '2001:db8::1/64', '10.0.0.9/24', '2001:db8::2/64', '10.0.0.8/24')];
    expect(addressesOf(guest).addresses).toEqual(['10.0.0.9/24', '10.0.0.8/24', '2001:db8::1/64', '2001:db8::2/64']);
    expect(addressesOf(guest, { primaryIpPreference: 'ipv6' }).addresses?.[0]).toBe('2001:db8::1/64');
  });

  const container = (network: string) => ({
    config: { net0: `name=eth0,hwaddr=AA:BB:CC:00:00:01,${network}` },
    type: 'lxc' as const,
  });

  it('of a container are what it says, else what is configured', () => {
    const guest = container('ip=10.0.0.7/24,ip6=2001:db8::7/64');
    expect(addressesOf([inside('eth0', mac, '10.0.0.99/24')], {}, guest).addresses).toEqual(['10.0.0.99/24']);
    expect(addressesOf([inside('eth0', mac)], {}, guest).addresses).toEqual(['10.0.0.7/24', '2001:db8::7/64']);
    expect(addressesOf(null, {}, guest).addresses).toEqual(['10.0.0.7/24', '2001:db8::7/64']);
  });

  it.each(['ip=dhcp,ip6=auto', 'ip=manual', 'ip6=dhcp'])('configured as %s are not known', (network) => {
    expect(addressesOf(null, {}, container(network)).addresses).toEqual([]);
  });

  it('of 110 interfaces with 1,000 addresses are all there', () => {
    const many = Array.from({ length: 110 }, (_, index) =>
      inside(`eth0.${index}`, mac, ...Array.from({ length: 10 }, (_unused, host) => `10.${index}.0.${host + 1}/24`)),
    );
    const found = addressesOf(many);
    expect(found.addresses).toHaveLength(1100);
    expect(found.inside).toHaveLength(110);
  });
});
