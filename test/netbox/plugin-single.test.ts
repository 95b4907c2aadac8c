/** "Sync now" and "Sync selected" of the plugin's pages: single objects, of two clusters that look alike. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EstateCluster } from '../simulator/estate/index.js';
import { path, type Answer } from '../contract/netbox/target.js';
import { aBackedUpCluster, pbsBackup, storageNamed } from '../contract/sync/backups.js';
import { anEstate } from '../contract/sync/estates.js';
import { archive, aTask } from '../contract/sync/task-history.js';
import { allOf, machineOf } from './plugin-estate.js';
import { expectCompleted } from './plugin-jobs.js';
import { openPluginWorld, type PluginWorld } from './plugin-world.js';

type Body = Answer['body'];

/** Node names and VMIDs are equal. The plugin keeps one snapshot per VMID, name and node, so their names differ. */
function aTwin(name: string, nth: number): EstateCluster {
  const snapshots = ['first', 'second'].map((n) => ({
    name: `${n}-of-${name}`,
    description: 'before',
    snaptime: 1_777_500_000,
  }));
  const backups = [pbsBackup(100, nth), pbsBackup(100, nth + 1)];
  const cluster = aBackedUpCluster({ name, guests: [{ vmid: 100, snapshots }] }, backups);
  archive(cluster.nodes[0]!, aTask('pve1', 100, { pstart: nth }), aTask('pve1', 100, { pstart: nth + 1 }));
  return cluster;
}

/** A kind of object with a button, and a field that an operator changes in NetBox. */
interface Single {
  readonly what: string;
  /** REST path of the plugin's rows, whose pages have the button. */
  readonly collection: string;
  readonly rows: (cluster: EstateCluster) => Promise<readonly Body[]>;
  /** The NetBox object that a row stands for; absent = the row itself. */
  readonly of?: { readonly collection: string; readonly field: string };
  readonly field: string;
  readonly changed: unknown;
  /** What a sync makes of it again. */
  readonly synced: unknown;
  readonly told: RegExp;
  /** Part of the path of the button for selected rows. */
  readonly selected?: string;
}

describe('single objects of two clusters that look alike', () => {
  const lab = aTwin('lab', 0);
  const edge = aTwin('edge', 10);
  let world: PluginWorld;
  beforeAll(async () => {
    world = await openPluginWorld(anEstate(lab, edge));
    expectCompleted(await world.sync(['all']));
  });
  afterAll(() => world.close());

  const rowsOfCluster =
    (collection: string, query = '') =>
    async ({ name }: EstateCluster) =>
      (await allOf(world.netbox, collection, query)).filter(
        (row) => (row.cluster ?? row.proxmox_cluster ?? row).name === name,
      );
  const rowsOfGuest = (collection: string) => async (cluster: EstateCluster) => {
    const { id } = await machineOf(world, cluster, 100);
    const rows = await allOf(world.netbox, collection, '&ordering=id');
    return rows.filter(({ virtual_machine }) => virtual_machine.id === id);
  };

  const singles: readonly Single[] = [
    {
      what: 'cluster',
      collection: path.proxmoxClusters,
      rows: rowsOfCluster(path.proxmoxClusters),
      of: { collection: path.clusters, field: 'netbox_cluster' },
      field: 'description',
      changed: '',
      synced: 'Proxmox cluster cluster.',
      told: /^Cluster 'lab' updated successfully/,
    },
    {
      what: 'node',
      collection: path.proxmoxNodes,
      rows: rowsOfCluster(path.proxmoxNodes, '&name=pve1'),
      of: { collection: path.devices, field: 'netbox_device' },
      field: 'description',
      changed: '',
      synced: 'Proxmox Node pve1',
      told: /^Node 'pve1' updated successfully/,
    },
    {
      what: 'storage',
      collection: path.storage,
      rows: rowsOfCluster(path.storage, '&name=local'),
      field: 'content',
      changed: 'iso',
      synced: 'backup,iso',
      told: /^Storage 'local' updated successfully/,
      selected: 'storage',
    },
    {
      what: 'snapshot',
      collection: path.snapshots,
      rows: rowsOfGuest(path.snapshots),
      field: 'description',
      changed: 'after',
      synced: 'before',
      told: /^Snapshot 'first-of-lab' updated successfully/,
      selected: 'snapshots',
    },
    {
      what: 'backup',
      collection: path.backups,
      rows: rowsOfGuest(path.backups),
      field: 'size',
      changed: 1,
      synced: 1024 ** 3,
      told: /^Backup 'pbs:backup\/vm\/100\/\S+' updated successfully/,
      selected: 'backups',
    },
    {
      what: 'task',
      collection: path.taskHistory,
      rows: rowsOfGuest(path.taskHistory),
      field: 'status',
      changed: 'unknown',
      synced: 'OK',
      told: /^Task history 'UPID:pve1:\S+' updated successfully/,
      selected: 'task-history',
    },
  ];

  const objectOf = ({ collection, of }: Single, row: Body): string =>
    of === undefined ? `${collection}${row.id}/` : `${of.collection}${row[of.field].id}/`;
  const page = ({ collection }: Single, { id }: Body): string =>
    `${collection.replace('/api/', '/')}${id}/proxbox-sync-now/`;

  /** The rows of each cluster, all of them changed by an operator. */
  async function change(single: Single): Promise<{ ofLab: readonly Body[]; ofEdge: readonly Body[] }> {
    const [ofLab, ofEdge] = [await single.rows(lab), await single.rows(edge)];
    for (const row of [...ofLab, ...ofEdge]) {
      const answer = await world.netbox.patch(objectOf(single, row), { [single.field]: single.changed });
      expect(answer).toMatchObject({ status: 200 });
    }
    await world.ask('/clear-cache'); // what was read of NetBox serves the calls of five seconds
    return { ofLab, ofEdge };
  }

  /** Which rows have been synced; the others are as the operator left them. */
  async function syncedOf(single: Single, rows: readonly Body[]): Promise<boolean[]> {
    const values = [];
    for (const row of rows) values.push((await world.netbox.get(objectOf(single, row))).body[single.field]);
    for (const value of values) expect([single.changed, single.synced]).toContain(value);
    return values.map((value) => value === single.synced);
  }

  it.each(singles)('"Sync now" of a $what syncs that one, and no other', async (single) => {
    const { ofLab, ofEdge } = await change(single);

    const { messages } = await world.worker.press(page(single, ofLab[0]));

    expect(messages).toEqual([{ level: 'success', text: expect.stringMatching(single.told) }]);
    expect(await syncedOf(single, ofLab)).toEqual(ofLab.map((_row, index) => index === 0));
    expect(await syncedOf(single, ofEdge)).toEqual(ofEdge.map(() => false));
  });

  it.each(singles.filter(({ selected }) => selected !== undefined))(
    '"Sync selected" of a $what syncs those, and no other',
    async (single) => {
      const { ofEdge } = await change(single);

      const job = await world.worker.clickAsyncUnsafe(`/plugins/proxbox/sync/selected/${single.selected}/`, {
        pk: [ofEdge[0].id],
      });

      expectCompleted(job);
      expect(job.data.proxbox_sync.response.batch).toMatchObject({ total: 1, succeeded: 1, failed: 0 });
      expect(await syncedOf(single, ofEdge)).toEqual(ofEdge.map((_row, index) => index === 0));
      expect(new Set(await syncedOf(single, await single.rows(lab)))).toEqual(new Set([false]));
    },
  );

  it('"Sync now" of what Proxmox no longer has tells so, and leaves the row', async () => {
    const snapshot = singles.find(({ what }) => what === 'snapshot')!;
    const backup = singles.find(({ what }) => what === 'backup')!;
    const { snapshots } = edge.guests.get(100)!;
    if (snapshots !== 'unsupported') snapshots.splice(0);
    storageNamed(edge, 'pbs').volumes.splice(0);
    for (const single of [snapshot, backup]) {
      const rows = await single.rows(edge);

      const { messages } = await world.worker.press(page(single, rows[0]));

      expect(messages).toEqual([{ level: 'danger', text: expect.stringMatching(/^Failed to sync .* not found/i) }]);
      expect(await single.rows(edge)).toHaveLength(rows.length);
    }
  });

  it('"Sync now" while Proxmox does not answer tells why', async () => {
    world.proxmox[0]!.faults.add({ match: {}, action: 'reset' });
    const storage = singles.find(({ what }) => what === 'storage')!;
    const [row] = await storage.rows(lab);

    const { messages } = await world.worker.press(page(storage, row));
    world.proxmox[0]!.faults.clear();

    const reason = new RegExp(`^Failed to sync .*localhost:${world.proxmox[0]!.port}`);
    expect(messages).toEqual([{ level: 'danger', text: expect.stringMatching(reason) }]);
  });

  it('the template on the page of an endpoint renames the devices of its nodes', async () => {
    const template = { node_device_name_template: '{cluster}-{node}' };
    expect(await world.netbox.patch(`${path.endpoints}${world.endpointIds[0]}/`, template)).toMatchObject({
      status: 200,
    });

    const job = await world.sync(['devices']);

    expectCompleted(job);
    const devices = await allOf(world.netbox, path.devices);
    expect(devices.map(({ cluster, name }) => `${cluster.name}: ${name}`).sort()).toEqual([
      ...['pve1', 'pve2', 'pve3'].map((node) => `edge: ${node}`),
      ...['pve1', 'pve2', 'pve3'].map((node) => `lab: lab-${node}`),
    ]);
  });
});
