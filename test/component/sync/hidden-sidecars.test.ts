/** Machines whose sidecar the token may not view: their guests get no second machine, whatever either is called by now. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pbsBackup } from '../../contract/sync/backups.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { aReplication } from '../../contract/sync/jobs.js';
import { all, edit, machineOf, sync, syncPartly, syncQuietly } from '../../contract/sync/target.js';
import { aTask, archive } from '../../contract/sync/task-history.js';
import { path } from '../../contract/netbox/target.js';
import { addGuest, addSnapshot, renameGuest, type EstateCluster } from '../../simulator/estate/index.js';
import { makeStorage } from '../../simulator/estate/generate-storage.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker, macOf } from './talkers.js';

/** What recognises guest 100, by which it is told from everybody else. */
const marks: Readonly<Record<string, (lab: EstateCluster) => void>> = {
  'the MAC address': (lab) => void (lab.guests.get(100)!.config['net0'] = `virtio=${macOf(100)},bridge=vmbr0`),
  'its making, which is remembered': (lab) =>
    void Object.assign(lab.guests.get(100)!.config, {
      smbios1: 'uuid=5b1c0a52-7f1e-4f0c-9d5e-000000000100',
      meta: 'creation-qemu=9.0.2,ctime=1714521600',
    }),
  'a replication job': (lab) => void lab.replicationJobs.push(aReplication(100)),
  'a snapshot': (lab) => addSnapshot(lab, 100, { name: 'clean', description: '', snaptime: 1_777_500_000 }),
  'a backup': (lab) => void lab.storages.find(({ name }) => name === 'pbs')!.volumes.push(pbsBackup(100)),
  'a task': (lab) => archive(lab.nodes[0]!, aTask('pve1', 100)),
};

const renamed: Readonly<Record<string, (target: SimulatedTarget, lab: EstateCluster) => Promise<void>>> = {
  'in NetBox': async (target) => {
    const { machine } = await machineOf(target, 100);
    await edit(target, path.vms, machine.id, { name: 'shop' });
  },
  'in Proxmox': async (_target, lab) => renameGuest(lab, 100, 'shop'),
};

describe('a machine whose sidecar the token may not view', () => {
  let lab: EstateCluster;
  let target: SimulatedTarget;
  beforeEach(() => {
    lab = aCluster({ guests: [{ vmid: 100, name: 'web' }, aTalker(101, ['10.0.0.101'])] });
    lab.storages.push(makeStorage({ name: 'pbs', type: 'pbs', content: 'backup', shared: true }));
    const { config } = lab.guests.get(100)!;
    for (const key of ['smbios1', 'meta', 'net0']) Reflect.deleteProperty(config, key);
  });
  afterEach(() => target.close());

  const open = async (): Promise<void> => {
    // What is remembered of lists from before would be taken for what may be viewed.
    target = await openSimulated(anEstate(lab), { variables: { PROXBOX_FULL_READ_HOURS: '0' } });
    await sync(target);
  };
  const view = async (hidden?: number): Promise<void> => {
    for (const token of target.simulator.tokens.all())
      if (hidden === undefined) token.mayViewOnly.clear();
      else token.mayViewOnly.set('plugins/proxbox/sync-state/virtual-machines', ({ id }) => id !== hidden);
    await target.world.ask('GET', '/clear-cache');
  };
  const hide = async (vmid: number): Promise<void> => view((await machineOf(target, vmid)).state.id);
  const tables = [path.vms, path.vmState, path.disks, path.vmInterfaces, path.ipAddresses, path.macAddresses];
  const pluginTables = [path.replications, path.snapshots, path.backups, path.taskHistory];
  const everything = () => [...tables, ...pluginTables].map((at) => target.simulator.state.objects(at));

  const cases = Object.keys(marks).flatMap((mark, n) => [[Object.keys(renamed)[n % 2]!, mark] as const]);
  it.each([['in Proxmox', 'the MAC address'] as const, ...cases])(
    'keeps its guest, which was renamed %s and is recognised by %s',
    async (where, mark) => {
      marks[mark]!(lab);
      await open();
      await renamed[where]!(target, lab);
      await hide(100);
      const before = structuredClone(everything());

      for (const run of [1, 2, 3]) {
        const { complete } = await syncPartly(target, '/full-update/stream');
        const reasons = complete.errors.map(({ reason }) => reason);
        expect(reasons, `run ${run}`).toContain('row_hidden');
      }
      expect(everything()).toEqual(before);

      await view();
      await sync(target);
      expect(await all(target, path.vms)).toHaveLength(2);
      expect((await machineOf(target, 100)).machine.name).toBe('shop');
      await syncQuietly(target);
    },
  );

  it('keeps no new guest from being written, also not one that has its name by now', async () => {
    marks['the MAC address']!(lab);
    await open();
    const { machine } = await machineOf(target, 100);
    await hide(100);
    renameGuest(lab, 100, 'shop');
    addGuest(lab, { ...aTalker(102, ['10.0.0.102']), name: 'web' });

    await syncPartly(target, '/full-update/stream', ['row_hidden']);

    const added = await machineOf(target, 102);
    expect([added.machine.id === machine.id, added.machine.name]).toEqual([false, 'web (2)']);
    expect(await all(target, path.vms)).toHaveLength(3);
    await view();
    await sync(target);
    expect((await machineOf(target, 100)).machine).toMatchObject({ id: machine.id, name: 'shop' });
    await sync(target);
    await syncQuietly(target);
  });

  it('stays as it is where it is called like its guest: NetBox refuses a second sidecar', async () => {
    marks['the MAC address']!(lab);
    await open();
    await hide(100);
    const before = structuredClone(everything());

    for (const run of [1, 2, 3]) {
      const { complete } = await syncPartly(target, '/full-update/stream');
      expect(
        complete.errors.map(({ reason }) => reason),
        `run ${run}`,
      ).toContain('row_hidden');
    }
    expect(everything()).toEqual(before);
    await view();
    await syncQuietly(target);
  });

  it('is taken with its own name where the sidecar is not there at all', async () => {
    marks['the MAC address']!(lab);
    await open();
    const { machine, state } = await machineOf(target, 100);
    await target.netbox.remove(`${path.vmState}${state.id}/`);
    await edit(target, path.vms, machine.id, { name: 'shop' });

    await sync(target);

    expect((await machineOf(target, 100)).machine).toMatchObject({ id: machine.id, name: 'shop' });
    await syncQuietly(target);
  });
});
