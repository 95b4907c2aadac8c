/** The estates that the pages are looked at with: what every page needs something of is in both. */
import { createEstate, firewallAt, type Estate, type EstateCluster } from '../simulator/estate/index.js';
import { anAwkwardEstate } from '../contract/sync/estates.js';

const ssh = { type: 'in', action: 'ACCEPT', enable: 1, proto: 'tcp', dport: '22', comment: 'ssh' };
const ping = { type: 'in', action: 'ACCEPT', enable: 0, proto: 'icmp', 'icmp-type': 'echo-request' };

export function giveFirewall(cluster: EstateCluster): void {
  const { rules, groups, ipsets, aliases, options } = firewallAt(cluster, 'cluster');
  rules.push({ ...ssh }, { ...ping });
  groups.push({ group: 'web', comment: 'web in', rules: [{ ...ssh, dport: '443', comment: 'https' }] });
  ipsets.push({ name: 'mgmt', comment: 'hosts', entries: [{ cidr: '10.0.0.0/8' }, { cidr: '10.9.9.9', nomatch: 1 }] });
  aliases.push({ name: 'lan', cidr: '10.0.0.0/8', comment: 'the lan' });
  Object.assign(options, { enable: 1, policy_in: 'DROP', ebtables: 1 });
  const ofNode = firewallAt(cluster, `nodes/${cluster.nodes[0]!.name}`);
  ofNode.rules.push({ ...ssh, comment: 'ssh to the node' });
}

const cpuModel = { cputype: 'custom-small', 'reported-model': 'qemu64', flags: '+aes', 'hv-vendor-id': 'proxmox' };

/** Two clusters of five guests, as a generator makes them; the first has PVE 9.2 and CPU models of its own. */
export function anOrdinaryEstate(): Estate {
  const estate = createEstate({ vms: 10, clusters: 2, seed: 5, profile: ['9.2', '8.4'] });
  for (const cluster of estate.clusters) giveFirewall(cluster);
  estate.clusters[0]!.cpuModels = [{ ...cpuModel }];
  return estate;
}

/** Every odd guest, storage, archive and task, a node that is off, a host without a cluster. */
export function anEdgeEstate(): Estate {
  const estate = anAwkwardEstate();
  for (const cluster of estate.clusters) giveFirewall(cluster);
  return estate;
}
