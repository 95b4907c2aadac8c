/** Entries that an operator wrote into the journal of a row that is to go: NetBox deletes them with the row, so it stays. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aBackedUpCluster, pbsBackup, storageNamed } from '../../contract/sync/backups.js';
import { anEstate } from '../../contract/sync/estates.js';
import { all, sync, syncPartly, syncQuietly } from '../../contract/sync/target.js';
import { removeGuest, setAgent, setConfig, type EstateCluster } from '../../simulator/estate/index.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { root } from '../../support/pveum.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const journal = '/api/extras/journal-entries/';
/** By collection: what the journal calls its rows. */
const models = [
  [path.ipAddresses, 'ipam.ipaddress'],
  [path.macAddresses, 'dcim.macaddress'],
  [path.disks, 'virtualization.virtualdisk'],
  [path.vms, 'virtualization.virtualmachine'],
  [path.snapshots, 'netbox_proxbox.vmsnapshot'],
  [path.backups, 'netbox_proxbox.vmbackup'],
] as const;
const variables = { PROXBOX_DELETE_ORPHANS: 'true', PROXBOX_ORPHAN_ACTION: 'delete' };
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

describe('an entry in the journal', () => {
  const clock = createSteppedClock();
  let target: SimulatedTarget;
  let lab: EstateCluster;
  afterEach(() => target.close());

  async function open(): Promise<void> {
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
    lab = aBackedUpCluster({ guests, name: 'lab' }, volumes);
    target = await openSimulated(anEstate(lab), { clock, variables, proxmox: { users: [root] } });
    await sync(target);
  }

  /** One of two addresses, the MAC address, a disk, the snapshot and a backup of each guest, and two whole guests. */
  function lose(): void {
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
  }

  /** The rows of a guest that is there, and the machine of one that is gone. */
  async function rowsOf(vmid: number, goneVmid: number): Promise<[collection: string, model: string, id: number][]> {
    const found: [string, string, number][] = [];
    for (const [collection, model] of models)
      for (const row of await all(target, collection)) {
        const machine = row.virtual_machine ?? row.assigned_object?.virtual_machine;
        const isIt = collection === path.vms ? row.name === `host${goneVmid}` : machine?.name === `host${vmid}`;
        if (isIt) found.push([collection, model, row.id]);
      }
    return found;
  }
  const write = (model: string, id: number, comments: string) =>
    target.netbox.create(journal, { assigned_object_type: model, assigned_object_id: id, comments });
  const left = async (collection: string, vmid: number) =>
    (await all(target, collection)).filter(
      (row) => (row.virtual_machine ?? row.assigned_object?.virtual_machine)?.name === `host${vmid}`,
    );
  const asked = () =>
    target.simulator.requestLog.filter(({ method, target: url }) => method === 'GET' && url.startsWith(journal));

  it('that an operator wrote keeps the row and is told of; one that a sync or verb wrote keeps nothing', async () => {
    await open();
    const mine = await rowsOf(101, 103);
    for (const [, model, id] of mine) await write(model, id, 'ticket 4711');
    for (const [, model, id] of await rowsOf(100, 102))
      await write(model, id, 'Proxbox operational verb dispatched.\n\n- verb: start');
    lose();

    const { frames } = await sync(target, everything);

    for (const [collection, model, id] of mine) {
      expect(
        (await all(target, collection)).map((row) => row.id),
        collection,
      ).toContain(id);
      expect(await all(target, journal, `&assigned_object_type=${model}&assigned_object_id=${id}`)).not.toEqual([]);
    }
    const told = frames.filter((frame) => JSON.stringify(frame).includes('a journal entry'));
    expect(told.length).toBeGreaterThan(0);
    expect(await left(path.ipAddresses, 100)).toHaveLength(1);
    expect((await left(path.macAddresses, 100)).map((row) => row.mac_address)).toEqual([mac(100, 9)]);
    expect((await left(path.disks, 100)).map(({ name }) => name)).toEqual(['scsi0']);
    expect(await left(path.snapshots, 100)).toEqual([]);
    expect((await left(path.backups, 100)).map((row) => row.volume_id)).toEqual([pbsBackup(100).volid]);
    expect((await all(target, path.vms)).map(({ name }) => name).sort()).toEqual(['host100', 'host101', 'host103']);
    clock.step(3_600_000);
    await syncQuietly(target, everything);
  });

  it('is asked for only where rows are to go, once per kind and stage', async () => {
    await open();
    target.simulator.resetCounters();
    clock.step(3_600_000);
    await syncQuietly(target, everything);
    expect(asked()).toEqual([]);
    lose();

    await sync(target, everything);

    const types = asked().map(({ target: url }) => new URL(url, 'http://netbox').searchParams);
    // Disks, backups, snapshots, MAC addresses and addresses; in the sweep machines with their addresses, MAC addresses, disks.
    expect(types).toHaveLength(9);
    expect(types.every((query) => query.has('assigned_object_type') && query.has('assigned_object_id'))).toBe(true);
  });

  it('that the token may not view may be there: every row stays, and the right is named once in each stage', async () => {
    await open();
    const rows = [...(await rowsOf(100, 102)), ...(await rowsOf(101, 103))];
    lose();
    target.simulator.faults.add({
      match: { path: /journal-entries/, method: 'GET' },
      action: { status: 403, body: { detail: 'You do not have permission to perform this action.' } },
    });

    const { complete } = await syncPartly(target, everything, ['forbidden']);

    for (const [collection, , id] of rows)
      expect(
        (await all(target, collection)).map((row) => row.id),
        collection,
      ).toContain(id);
    expect(JSON.stringify(complete)).toContain('extras.view_journalentry');
  });
});
