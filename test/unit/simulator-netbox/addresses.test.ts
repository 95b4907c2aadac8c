import { describe, expect, it } from 'vitest';
import { contains, isBroadcast, isNetworkId, parseMac, parseNetwork } from '../../simulator/netbox/addresses.js';

const network = (text: string) => parseNetwork(text)!;

describe('addresses of the NetBox simulator', () => {
  it.each([
    ['10.0.0.5/24', '10.0.0.5/24'],
    ['10.0.0.5', '10.0.0.5/32'],
    ['2001:DB8::1/64', '2001:db8::1/64'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1/128'],
    ['::', '::/128'],
    ['1::', '1::/128'],
    ['::ffff:10.0.0.1/96', '::ffff:a00:1/96'],
    ['1:0:2:0:3:0:4:0/10', '1:0:2:0:3:0:4:0/10'],
  ])('writes %s as %s', (text, canonical) => {
    expect(parseNetwork(text)?.text).toBe(canonical);
  });

  it.each(['', 'x', '10.0.0.5/33', '10.0.0/24', '10.0.0.1/24/1', 'fe80::1%eth0/64', '10.0.0.1/x'])(
    'refuses %j',
    (text) => {
      expect(parseNetwork(text)).toBeUndefined();
    },
  );

  it('knows network identifiers, broadcasts and what lies inside', () => {
    expect(isNetworkId(network('10.0.0.0/24'))).toBe(true);
    expect(isBroadcast(network('10.0.0.255/24'))).toBe(true);
    expect(isNetworkId(network('10.0.0.5/24')) || isBroadcast(network('10.0.0.5/24'))).toBe(false);
    expect(contains(network('10.0.0.0/8'), network('10.2.3.4/24'))).toBe(true);
    expect(contains(network('10.0.0.0/24'), network('10.0.1.1/32'))).toBe(false);
    expect(contains(network('10.0.0.0/24'), network('10.0.0.0/8'))).toBe(false);
  });

  it.each([
    ['aa:bb:cc:dd:ee:ff', 'AA:BB:CC:DD:EE:FF'],
    ['AABB.CCDD.EEFF', 'AA:BB:CC:DD:EE:FF'],
    ['aa-bb-cc-dd-ee-0', undefined],
  ])('reads the MAC address %s', (text, expected) => {
    expect(parseMac(text)).toBe(expected);
  });
});
