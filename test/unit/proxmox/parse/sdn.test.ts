import { describe, expect, it } from 'vitest';
import {
  parseSdnController,
  parseSdnNodeZone,
  parseSdnSubnet,
  parseSdnVnet,
  parseSdnZone,
} from '../../../../src/proxmox/parse/sdn.js';

describe('rows of software-defined networks', () => {
  it.each([parseSdnController, parseSdnZone, parseSdnVnet, parseSdnNodeZone])(
    'mean nothing without a name (%o)',
    (parse) => {
      expect(parse({ type: 'evpn' })).toBeNull();
    },
  );

  it('hold the values that run, whatever waits', () => {
    const row = { vnet: 'office', type: 'vnet', zone: 'overlay', tag: '11000', state: 'changed', pending: { tag: 7 } };

    expect(parseSdnVnet(row)).toMatchObject({ name: 'office', zone: 'overlay', tag: 11_000, state: 'changed' });
  });

  it('of what was never applied hold the values that wait', () => {
    const row = { zone: 'overlay', type: 'evpn', state: 'new', pending: { 'vrf-vxlan': '10000', mtu: 1450 } };

    expect(parseSdnZone(row)).toMatchObject({
      name: 'overlay',
      type: 'evpn',
      vrfVxlan: 10_000,
      mtu: 1450,
      state: 'new',
    });
  });

  it('have their sets in one order, also those that wait', () => {
    const row = {
      zone: 'overlay',
      nodes: 'pve2,pve1',
      exitnodes: 'pve2,pve1',
      'rt-import': '65000:2, 65000:1',
      state: 'changed',
      pending: { nodes: 'pve3,pve1' },
    };

    const zone = parseSdnZone(row);

    expect(zone?.rtImport).toEqual(['65000:1', '65000:2']);
    expect(zone?.rawConfig).toEqual({
      zone: 'overlay',
      nodes: 'pve1,pve2',
      exitnodes: 'pve1,pve2',
      'rt-import': '65000:1,65000:2',
      state: 'changed',
      pending: { nodes: 'pve1,pve3' },
    });
  });

  it('of a controller take the node of one that has one, and AS numbers of 32 bits without a sign', () => {
    expect(parseSdnController({ controller: 'bgppve1', node: 'pve1', asn: '4294967295' })).toMatchObject({
      nodes: ['pve1'],
      asn: 4_294_967_295,
      peers: [],
      loopback: null,
    });
  });

  it("of a subnet take Proxmox's CIDR, never its id", () => {
    const row = { subnet: 'z1-10.0.0.0-24', cidr: '10.0.0.0/24', vnet: 'office', zone: 'z1', snat: '1' };

    expect(parseSdnSubnet(row, 'office')).toMatchObject({ id: 'z1-10.0.0.0-24', cidr: '10.0.0.0/24', snat: true });
    expect(parseSdnSubnet({ subnet: 'z1-10.0.0.0-24' }, 'office')).toMatchObject({ cidr: null, snat: false });
    expect(parseSdnSubnet({ cidr: '10.0.0.0/24' }, 'office')).toBeNull();
  });

  it('never carry a secret', () => {
    const zone = parseSdnZone({ zone: 'z', secret: 'x', pending: { password: 'y' }, state: 'new' });

    expect(JSON.stringify(zone?.rawConfig)).not.toMatch(/"[xy]"/);
  });
});
