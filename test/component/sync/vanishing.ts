/** A cluster of which something of every kind goes that a sync deletes: half of it may be an operator's, and stays then. */
import { expect } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aBackedUpCluster, pbsBackup, storageNamed } from '../../contract/sync/backups.js';
import { all } from '../../contract/sync/target.js';
import { removeGuest, setAgent, setConfig, type EstateCluster } from '../../simulator/estate/index.js';
import type { SimulatedTarget } from './simulated-target.js';

/** By collection: what NetBox calls the model of its rows. */
export const models = [
  [path.ipAddresses, 'ipam.ipaddress'],
  [path.macAddresses, 'dcim.macaddress'],
  [path.disks, 'virtualization.virtualdisk'],
  [path.vms, 'virtualization.virtualmachine'],
  [path.snapshots, 'netbox_proxbox.vmsnapshot'],
  [path.backups, 'netbox_proxbox.vmbackup'],
] as const;
export const variables = { PROXBOX_DELETE_ORPHANS: 'true', PROXBOX_ORPHAN_ACTION: 'delete' };
/** Deletes all that may be deleted. */
export const everything =
  '/full-update/stream?delete_nonexistent_backup=true&delete_nonexistent_snapshot=true&force_deletes=true';

const vmids = [100, 101];
const gone = [102, 103];
const mac = (vmid: number, n = 0): string => `BC:24:11:00:0${n}:0${vmid % 100}`;
const interfacesOf = (vmid: number, hosts: readonly string[], n = 0) => [
  {
    name: 'ens18',
    'hardware-address': mac(vmid, n),
    'ip-addresses': hosts.map((host) => ({ 'ip-address': host, 'ip-address-type': 'ipv4' as const, prefix: 24 })),
  },
];

export function aVanishingLab(): EstateCluster {
  const guests = [...vmids, ...gone].map((vmid) => ({
    vmid,
    name: `host${vmid}`,
    status: 'running' as const,
    config: {
      agent: 1,
      scsi0: `ceph:vm-${vmid}-disk-0,size=8G`,
      scsi1: `ceph:vm-${vmid}-disk-1,size=8G`,
      net0: `virtio=${mac(vmid)},bridge=vmbr0`,
    },
    agent: { state: 'running' as const, interfaces: interfacesOf(vmid, [`10.0.0.${vmid}`, `10.0.1.${vmid}`]) },
    snapshots: [{ name: 'old', description: '', snaptime: 1_777_500_000 }],
  }));
  const volumes = vmids.flatMap((vmid) => [pbsBackup(vmid), pbsBackup(vmid, 1)]);
  return aBackedUpCluster({ guests, name: 'lab' }, volumes);
}

/** One of two addresses, the MAC address, a disk, the snapshot and a backup of each guest, and two whole guests. */
export function vanish(lab: EstateCluster): void {
  for (const vmid of vmids) {
    setAgent(lab, vmid, { interfaces: interfacesOf(vmid, [`10.0.0.${vmid}`], 9) });
    setConfig(lab, vmid, 'scsi1', null);
    setConfig(lab, vmid, 'net0', `virtio=${mac(vmid, 9)},bridge=vmbr0`);
    const { snapshots } = lab.guests.get(vmid)!;
    if (snapshots !== 'unsupported') snapshots.length = 0;
  }
  const { volumes } = storageNamed(lab, 'pbs');
  volumes.splice(0, volumes.length, ...volumes.filter(({ volid }) => volid === pbsBackup(100).volid));
  for (const vmid of gone) removeGuest(lab, vmid);
}

type Row = Awaited<ReturnType<typeof all>>[number];
const machineOf = (row: Row): string | undefined => (row.virtual_machine ?? row.assigned_object?.virtual_machine)?.name;

/** The rows of a guest that is there, and the machine of one that is going. */
export async function rowsOf(
  target: SimulatedTarget,
  vmid: number,
  goneVmid: number,
): Promise<{ readonly collection: string; readonly model: string; readonly id: number }[]> {
  const found = [];
  for (const [collection, model] of models)
    for (const row of await all(target, collection)) {
      const isIt = collection === path.vms ? row.name === `host${goneVmid}` : machineOf(row) === `host${vmid}`;
      if (isIt) found.push({ collection, model, id: row.id });
    }
  return found;
}

/** What went of guest 100 and guest 102 is gone from NetBox, and guest 103 is there still. */
export async function expectVanished(target: SimulatedTarget): Promise<void> {
  const left = async (collection: string) =>
    (await all(target, collection)).filter((row) => machineOf(row) === 'host100');
  expect(await left(path.ipAddresses)).toHaveLength(1);
  expect((await left(path.macAddresses)).map((row) => row.mac_address)).toEqual([mac(100, 9)]);
  expect((await left(path.disks)).map(({ name }) => name)).toEqual(['scsi0']);
  expect(await left(path.snapshots)).toEqual([]);
  expect((await left(path.backups)).map((row) => row.volume_id)).toEqual([pbsBackup(100).volid]);
  expect((await all(target, path.vms)).map(({ name }) => name).sort()).toEqual(['host100', 'host101', 'host103']);
}
