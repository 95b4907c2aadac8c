/** A cluster with software-defined networks: an EVPN zone, a VXLAN zone and a VLAN zone, each with a VNet. */
import type { EstateCluster, EstateSdn } from '../../simulator/estate/index.js';
import { aCluster, type ClusterPlan } from './estates.js';

export const anSdn = (draft: Partial<EstateSdn> = {}): EstateSdn => ({
  controllers: [],
  zones: [],
  vnets: [],
  subnets: [],
  nodeZones: new Map(),
  ...draft,
});

export const aSubnet = (vnet: string, cidr: string, zone: string, more: object = {}) => {
  const [network = '', mask = ''] = cidr.split('/');
  return { subnet: `${zone}-${network}-${mask}`, type: 'subnet', vnet, zone, network, mask, cidr, ...more };
};

/** Of a guest with a network device in the VNet. */
export const plugged = (vnet: string, vmid = 100) => ({
  scsi0: `ceph:vm-${vmid}-disk-0,size=8G`,
  net0: `virtio=BC:24:11:00:00:${vmid % 90},bridge=${vnet}`,
});

export function aNetworkedCluster(plan: Partial<ClusterPlan> = {}): EstateCluster & { readonly sdn: EstateSdn } {
  const sdn = anSdn({
    controllers: [
      { controller: 'evpn1', type: 'evpn', asn: 65_000, peers: '192.0.2.1,192.0.2.2' },
      {
        controller: 'bgppve1',
        type: 'bgp',
        asn: 65_001,
        node: 'pve1',
        peers: '192.0.2.254',
        loopback: 'dummy1',
        ebgp: 1,
      },
    ],
    zones: [
      {
        zone: 'overlay',
        type: 'evpn',
        controller: 'evpn1',
        'vrf-vxlan': 10_000,
        'rt-import': '65000:100,65000:200',
        mtu: 1450,
        ipam: 'pve',
        nodes: 'pve1,pve2',
      },
      { zone: 'tunnel', type: 'vxlan', peers: '192.0.2.1,192.0.2.2,192.0.2.3', mtu: 1450, ipam: 'pve' },
      { zone: 'trunk', type: 'vlan', bridge: 'vmbr0', ipam: 'pve' },
    ],
    vnets: [
      { vnet: 'office', type: 'vnet', zone: 'overlay', tag: 11_000, alias: 'Office floor' },
      { vnet: 'backup', type: 'vnet', zone: 'tunnel', tag: 12_000 },
      { vnet: 'dmz', type: 'vnet', zone: 'trunk', tag: 50, vlanaware: 1 },
    ],
    subnets: [
      aSubnet('office', '10.11.0.0/24', 'overlay', { gateway: '10.11.0.1', snat: 1 }),
      aSubnet('office', '2001:db8:11::/64', 'overlay', { gateway: '2001:db8:11::1' }),
      aSubnet('dmz', '198.51.100.0/25', 'trunk'),
    ],
  });
  return Object.assign(aCluster({ guests: [{ vmid: 100, config: plugged('office') }], ...plan }), { sdn });
}
