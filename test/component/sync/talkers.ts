/** Guests that tell their addresses, and nodes that change theirs. */
import { setAgent, type EstateCluster } from '../../simulator/estate/index.js';
import type { AgentInterface } from '../../simulator/estate/types.js';

export const macOf = (vmid: number, nic = 0): string => `BC:24:11:00:0${nic}:${String(vmid % 100).padStart(2, '0')}`;

const hostsOf = (...hosts: readonly string[]) =>
  hosts.map((host) => ({
    'ip-address': host,
    'ip-address-type': host.includes(':') ? ('ipv6' as const) : ('ipv4' as const),
    prefix: host.includes(':') ? 64 : 24,
  }));

/** What an agent says: the addresses of net0, then of net1, and so on. */
const told = (vmid: number, ...nics: readonly (readonly string[])[]): AgentInterface[] =>
  nics.map((hosts, nic) => ({
    name: `ens${18 + nic}`,
    'hardware-address': macOf(vmid, nic).toLowerCase(),
    'ip-addresses': hostsOf(...hosts),
  }));

export function aTalker(vmid: number, ...nics: readonly (readonly string[])[]) {
  const devices = nics.map((_, nic) => [`net${nic}`, `virtio=${macOf(vmid, nic)},bridge=vmbr0`]);
  return {
    vmid,
    name: `host${vmid}`,
    node: 'pve1',
    status: 'running' as const,
    config: { agent: 1, scsi0: `ceph:vm-${vmid}-disk-0,size=8G`, ...Object.fromEntries(devices) },
    agent: { state: 'running' as const, hostName: `host${vmid}.example.org`, interfaces: told(vmid, ...nics) },
  };
}

export const say = (cluster: EstateCluster, vmid: number, ...nics: readonly (readonly string[])[]): void =>
  setAgent(cluster, vmid, { interfaces: told(vmid, ...nics) });

/** The addresses of a bridge of a node, each beside the default gateway of its family; of `vmbr0` when no other is named. */
export function giveNode(cluster: EstateCluster, node: string, hosts: readonly string[], iface = 'vmbr0'): void {
  const { network } = cluster.nodes.find(({ name }) => name === node)!;
  const known = network.find((row) => row['iface'] === iface) ?? { iface, type: 'bridge', active: 1 };
  if (!network.includes(known)) network.push(known);
  const four = hosts.find((host) => !host.includes(':'));
  const six = hosts.find((host) => host.includes(':'));
  Object.assign(known, {
    address: four,
    netmask: four && '24',
    cidr: four && `${four}/24`,
    gateway: four && four.replace(/\d+$/, '254'),
    address6: six,
    netmask6: six && '64',
    cidr6: six && `${six}/64`,
    gateway6: six && 'fe80::1',
  });
}
