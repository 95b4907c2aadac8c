/** Custom fields that NetBox fills in on every new object: such a value is nobody's, another one is an operator's. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aBackedUpCluster, pbsBackup, storageNamed } from '../../contract/sync/backups.js';
import { anEstate } from '../../contract/sync/estates.js';
import { all, edit, sync, syncQuietly } from '../../contract/sync/target.js';
import { removeGuest, setAgent, setConfig } from '../../simulator/estate/index.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { root } from '../../support/pveum.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const models = [
  'ipam.ipaddress',
  'dcim.macaddress',
  'virtualization.virtualdisk',
  'virtualization.virtualmachine',
  'netbox_proxbox.vmsnapshot',
  'netbox_proxbox.vmbackup',
];
/** Every second one of what goes is an operator's. */
const collections = [path.ipAddresses, path.macAddresses, path.disks, path.vms, path.snapshots, path.backups];
const variables = {
  PROXBOX_DELETE_ORPHANS: 'true',
  PROXBOX_ORPHAN_ACTION: 'delete',
};
const everything =
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

describe('a custom field with a default', () => {
  const clock = createSteppedClock();
  let target: SimulatedTarget;
  afterEach(() => target.close());

  function aLab() {
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

  it.each([
    ['text', { type: 'text', default: 'none' }, 'mine'],
    ['boolean', { type: 'boolean', default: true }, false],
    ['json', { type: 'json', default: { a: 1, b: [2] } }, { a: 2 }],
  ])('of type %s keeps nothing that goes, and what an operator wrote into it does', async (_type, field, other) => {
    const lab = aLab();
    target = await openSimulated(anEstate(lab), { clock, variables, proxmox: { users: [root] } });
    await target.netbox.create(path.customFields, { name: 'monitored', object_types: models, ...field });
    await sync(target);
    // What goes of the second guest is an operator's.
    const mine = { custom_fields: { monitored: other } };
    const kept: [string, number][] = [];
    for (const collection of collections)
      for (const row of await all(target, collection)) {
        expect(row.custom_fields, collection).toMatchObject({ monitored: field.default });
        const machine = row.virtual_machine ?? row.assigned_object?.virtual_machine;
        const isSecond = collection === path.vms ? row.name === 'host103' : machine?.name === 'host101';
        if (!isSecond) continue;
        await edit(target, collection, row.id, mine);
        kept.push([collection, row.id]);
      }
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
    clock.step(3_600_000);
    target.simulator.resetCounters();

    await sync(target, everything);

    const asked = target.simulator.requestLog.filter(({ target: url }) => url.includes('/custom-fields/'));
    // Every run asks for the fields with our names.
    expect(asked.filter(({ target: url }) => !url.includes('name=proxmox_vm_id'))).toHaveLength(1);
    for (const [collection, id] of kept)
      expect(
        (await all(target, collection)).map((row) => row.id),
        collection,
      ).toContain(id);
    const left = async (collection: string) =>
      (await all(target, collection)).filter(
        (row) => (row.virtual_machine ?? row.assigned_object?.virtual_machine)?.name === 'host100',
      );
    expect(await left(path.ipAddresses)).toHaveLength(1);
    expect((await left(path.macAddresses)).map((row) => row.mac_address)).toEqual([mac(100, 9)]);
    expect((await left(path.disks)).map(({ name }) => name)).toEqual(['scsi0']);
    expect(await left(path.snapshots)).toEqual([]);
    expect((await left(path.backups)).map((row) => row.volume_id)).toEqual([pbsBackup(100).volid]);
    expect((await all(target, path.vms)).map(({ name }) => name).sort()).toEqual(['host100', 'host101', 'host103']);
    clock.step(3_600_000);
    await syncQuietly(target, everything);
  });
});
