/** Storages whose rows the token does not see: NetBox leaves them out of lists without a word, and what refers to them stays. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addSnapshot } from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, one, sync } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const ceph = path.storage.replace('/api/', '').replace(/\/$/, '');
let target: SimulatedTarget;

beforeEach(async () => {
  const lab = aCluster({ guests: [{ vmid: 100 }] });
  addSnapshot(lab, 100, { name: 'one', description: '', snaptime: 1 });
  lab.storages
    .find(({ name }) => name === 'local')!
    .volumes.push({
      volid: 'local:backup/vzdump-qemu-100-2026_01_01-00_00_00.vma.zst',
      content: 'backup',
      format: 'vma.zst',
      size: 1_000,
      ctime: 1_777_000_000,
      vmid: 100,
      node: 'pve1',
      extra: { subtype: 'qemu' },
    });
  const edge = aCluster({ name: 'edge', nodes: ['edge1'], guests: [{ vmid: 100 }] });
  target = await openSimulated(anEstate(lab, edge));
  await sync(target);
});
afterEach(() => target.close());

/** What each object of lab refers to. */
async function references(): Promise<readonly unknown[]> {
  const [backup] = await all(target, path.backups);
  const [snapshot] = await all(target, path.snapshots);
  const disks = await all(target, path.diskState);
  return [backup.proxmox_storage.id, snapshot.proxmox_storage.id, ...disks.map((row) => row.proxbox_storage.id)];
}

function mayViewOnly(kind: string, isSeen: (row: Readonly<Record<string, unknown>>) => boolean): void {
  for (const token of target.simulator.tokens.all()) token.mayViewOnly.set(kind, isSeen);
}

describe('references to storages stay', () => {
  it.each<[string, () => Promise<void>]>([
    ['no row of a storage is seen', async () => mayViewOnly(ceph, () => false)],
    [
      'only those of another cluster are, with the same names',
      async () => {
        const { id } = await one(target, path.clusters, 'name=edge');
        mayViewOnly(ceph, ({ cluster }) => cluster === id);
      },
    ],
    ['the cluster is not seen', async () => mayViewOnly('virtualization/clusters', ({ name }) => name === 'edge')],
  ])('where %s, and the run is partial', async (_name, hide) => {
    const before = await references();
    await hide();
    await target.world.restart();

    const { complete } = await target.world.fullUpdate();

    expect(complete).toMatchObject({ ok: false, result: { status: 'partial' } });
    for (const token of target.simulator.tokens.all()) token.mayViewOnly.clear();
    expect(await references()).toEqual(before);
  });
});
