import { describe, expect, it } from 'vitest';
import {
  normaliseHostName,
  parseAgentHostName,
  parseAgentInterfaces,
  parseContainerInterfaces,
} from '../../../../src/proxmox/parse/guest-interfaces.js';

const address = (ip: string, prefix?: number) => ({ 'ip-address': ip, prefix, 'ip-address-type': 'ipv4' });

describe('guest agent interfaces', () => {
  const row = { name: 'eth0', 'hardware-address': 'BC:24:11:00:00:01', 'ip-addresses': [address('10.0.0.5', 24)] };
  const parsed = {
    name: 'eth0',
    mac: 'bc:24:11:00:00:01',
    addresses: [{ address: '10.0.0.5', prefix: 24, family: 4 }],
  };

  it.each([
    ['a result', { result: [row] }],
    ['interfaces', { interfaces: [row] }],
    ['a list', [row, { 'hardware-address': 'x' }]],
  ])('reads %s', (_, payload) => expect(parseAgentInterfaces(payload)).toEqual([parsed]));

  it.each([null, undefined, 'text', {}, { result: null }, { result: { error: {} } }])('finds none in %j', (payload) => {
    expect(parseAgentInterfaces(payload)).toEqual([]);
  });

  it('strips zones and drops impossible prefixes', () => {
    const addresses = [address('fe80::1%eth0', 64), address('10.0.0.6', 99), address('10.0.0.7'), address('')];
    expect(parseAgentInterfaces([{ name: 'a', 'ip-addresses': addresses }])).toEqual([
      {
        name: 'a',
        mac: null,
        addresses: [
          { address: 'fe80::1', prefix: 64, family: 6 },
          { address: '10.0.0.6', prefix: null, family: 4 },
          { address: '10.0.0.7', prefix: null, family: 4 },
        ],
      },
    ]);
  });

  it('reads the mask that stands in the address, and one that is text', () => {
    const addresses = [{ 'ip-address': '192.168.1.10/24' }, { 'ip-address': '10.0.0.8', prefix: '16' }];
    expect(parseAgentInterfaces([{ name: 'a', 'ip-addresses': addresses }])[0]?.addresses).toEqual([
      { address: '192.168.1.10', prefix: 24, family: 4 },
      { address: '10.0.0.8', prefix: 16, family: 4 },
    ]);
  });

  it('merges aliases into their parent by name, whatever their MAC address', () => {
    const alias = (name: string, ip: string) => ({
      name,
      'hardware-address': '00:00:00:00:00:09',
      'ip-addresses': [address(ip, 24)],
    });
    const merged = parseAgentInterfaces([
      alias('eth0:1', '10.0.0.6'),
      row,
      alias('eth0:2', '10.0.0.5'),
      alias('eth0:2', '10.0.0.7'),
    ]);
    expect(merged).toEqual([
      {
        name: 'eth0',
        mac: 'bc:24:11:00:00:01',
        addresses: ['10.0.0.6', '10.0.0.5', '10.0.0.7'].map((ip) => ({ address: ip, prefix: 24, family: 4 })),
      },
    ]);
  });

  it('merges aliases without parent into the first of them', () => {
    const aliases = ['ens20:1', 'ens20:2', 'other'].map((name) => ({ name }));
    expect(parseAgentInterfaces(aliases).map((item) => item.name)).toEqual(['ens20:1', 'other']);
  });
});

describe('container interfaces', () => {
  it('reads both forms of addresses, and knows which of them tells one of each family', () => {
    const rows = [
      { name: 'eth0', hwaddr: 'bc:24:11:00:00:01', inet: '10.0.0.5/24', inet6: 'fe80::1/64' },
      {
        name: 'eth1',
        'hardware-address': 'bc:24:11:00:00:02',
        'ip-addresses': [address('10.1.0.5', 24)],
        inet: 'ignored',
      },
      { name: 'lo' },
    ];
    expect(parseContainerInterfaces(rows)).toEqual([
      {
        name: 'eth0',
        mac: 'bc:24:11:00:00:01',
        addresses: [
          { address: '10.0.0.5', prefix: 24, family: 4 },
          { address: 'fe80::1', prefix: 64, family: 6 },
        ],
        isPartial: true,
      },
      { name: 'eth1', mac: 'bc:24:11:00:00:02', addresses: [{ address: '10.1.0.5', prefix: 24, family: 4 }] },
      { name: 'lo', mac: null, addresses: [], isPartial: true },
    ]);
    expect(parseContainerInterfaces(null)).toEqual([]);
  });
});

describe('host names', () => {
  it.each([
    [{ result: { 'host-name': 'Web1.Lab. ' } }, 'web1.lab'],
    [{ 'host-name': 'x' }, 'x'],
    [{ result: { 'host-name': 'localhost' } }, null],
    [{ result: { 'host-name': 'localhost.localdomain' } }, null],
    [{ result: {} }, null],
    [null, null],
  ])('reads %j as %j', (payload, expected) => expect(parseAgentHostName(payload)).toBe(expected));

  it('refuses names that DNS cannot have', () => {
    expect(normaliseHostName('a'.repeat(255))).toHaveLength(255);
    expect(normaliseHostName('a'.repeat(256))).toBeNull();
    for (const name of ['büro', 'my pc', 'a\nb', '*.lab', 'a..b', '🦄', '.'])
      expect(normaliseHostName(name)).toBeNull();
    expect(normaliseHostName('win_11-pc.lab')).toBe('win_11-pc.lab');
  });
});
