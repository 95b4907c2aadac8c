/** NetBox is another one than before: set up anew, restored from a backup, or exchanged. What is remembered of the old one is of it alone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, one, sync, syncQuietly } from '../../contract/sync/target.js';
import { registerInPlugin } from '../../demo/registration.js';
import { contentOf } from '../../fault/support/content.js';
import { defaultTokens } from '../../simulator/netbox/index.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const uuid = '11111111-2222-4333-8444-555555555555';
const guests = [
  { vmid: 101, name: 'web', config: { smbios1: `uuid=${uuid}` } },
  { vmid: 102, name: 'db' },
];
const lab = () => aCluster({ guests });
const edge = () =>
  aCluster({
    name: 'edge',
    nodes: ['n1'],
    network: '10.9.9',
    guests: [{ vmid: 100, type: 'lxc', config: { rootfs: 'ceph:vm-100-disk-0,size=8G' } }, ...guests],
  });

const opened: SimulatedTarget[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((target) => target.close()));
});

async function open(plugin: 'on' | 'off' = 'on', variables = {}): Promise<SimulatedTarget> {
  const target = await openSimulated(anEstate(lab(), edge()), { netbox: { plugin }, variables });
  opened.push(target);
  return target;
}

/** An empty NetBox at the same address, in which the plugin knows the endpoints again. */
async function setUpAnew({ simulator, world: { estate, proxmox } }: SimulatedTarget): Promise<void> {
  simulator.setUpAnew();
  const netbox = { url: simulator.url, tokenV1: defaultTokens.v1, tokenV2: defaultTokens.v2 };
  await registerInPlugin({ netbox, estate, proxmox });
}

const content = (target: SimulatedTarget): readonly string[] =>
  contentOf(
    target.simulator,
    target.world.proxmox.map(({ port }) => port),
  );
const of = (id: number): string => `/full-update/stream?proxmox_endpoint_ids=${id}`;
const both = '/full-update/stream';
const orders = { 'both at once': [both], 'lab first': [of(1), of(2)], 'edge first': [of(2), of(1)] } as const;
const order = Object.entries(orders);
const namesOf = async (target: SimulatedTarget, kind: string): Promise<readonly string[]> =>
  (await all(target, kind)).map(({ name, cluster }) => (cluster ? `${cluster.name}/${name}` : name)).sort();
const machines = ['edge/db', 'edge/guest-100', 'edge/web', 'lab/db', 'lab/web'];

describe('a NetBox that was set up anew', () => {
  const cases = (['on', 'off'] as const).flatMap((plugin) =>
    order.slice(1).flatMap(([before, first]) => order.map(([after, then]) => ({ plugin, before, first, after, then }))),
  );
  it.each(cases)(
    'has each cluster in its own: $before, then $after, plugin $plugin',
    async ({ plugin, first, then }) => {
      const target = await open(plugin);
      for (const call of first) await sync(target, call);
      const before = plugin === 'on' ? content(target) : [];

      await setUpAnew(target);
      for (const call of then) await sync(target, call);

      expect(await namesOf(target, path.clusters)).toEqual(['edge', 'lab']);
      expect(await namesOf(target, path.vms)).toEqual(machines);
      if (plugin === 'on') expect(content(target)).toEqual(before);
      for (const call of [...first, ...then]) await syncQuietly(target, call);
    },
  );

  it('has what is an operator’s left alone, whatever its id', async () => {
    const target = await open();
    await sync(target);
    await edit(target, path.clusters, (await one(target, path.clusters, 'name=lab')).id, { name: 'Paris' });
    await syncQuietly(target);

    await setUpAnew(target);
    const { operator } = target.simulator;
    const type = operator.create('virtualization/cluster-types', { name: 'VMware', slug: 'vmware' }).id;
    const foreign = ['one', 'two'].map((name) => operator.create('virtualization/clusters', { name, type }));
    await sync(target);

    expect(await namesOf(target, path.clusters)).toEqual(['edge', 'lab', 'one', 'two']);
    expect(target.simulator.state.objects('virtualization/clusters').slice(0, 2)).toEqual(foreign);
    await syncQuietly(target);
  });

  it('has the cluster that an operator prepared in it used, though another name is remembered', async () => {
    const target = await open('off');
    await sync(target);
    await edit(target, path.clusters, (await one(target, path.clusters, 'name=lab')).id, { name: 'Paris' });
    await syncQuietly(target);

    target.simulator.setUpAnew();
    const { operator } = target.simulator;
    const type = operator.create('virtualization/cluster-types', { name: 'Cluster', slug: 'cluster' }).id;
    operator.create('virtualization/clusters', { name: 'spare', type });
    operator.create('virtualization/clusters', { name: 'lab', type });
    await sync(target);

    expect(await namesOf(target, path.clusters)).toEqual(['edge', 'lab', 'spare']);
    await syncQuietly(target);
  });
});

describe('a NetBox that was restored from a backup', () => {
  it.each(order)('gives what came after it to others: %s', async (_order, calls) => {
    const target = await open();
    const { simulator } = target;
    const restore = simulator.backUp();
    for (const call of orders['lab first']) await sync(target, call);
    const before = content(target);

    restore();
    for (const call of calls) await sync(target, call);

    expect(await namesOf(target, path.clusters)).toEqual(['edge', 'lab']);
    expect(content(target)).toEqual(before);
    for (const call of calls) await syncQuietly(target, call);
  });

  it('goes on with a cluster that was renamed before or after it', async () => {
    const target = await open();
    await sync(target);
    const rename = async (from: string, name: string): Promise<void> => {
      await edit(target, path.clusters, (await one(target, path.clusters, `name=${from}`)).id, { name });
    };
    await rename('lab', 'Paris');
    const restore = target.simulator.backUp();
    await rename('Paris', 'Berlin');
    await syncQuietly(target);

    restore();
    await syncQuietly(target, of(1));
    await rename('Paris', 'Rome');
    await syncQuietly(target);

    expect(await namesOf(target, path.clusters)).toEqual(['Rome', 'edge']);
  });
});

describe('what is remembered of a NetBox', () => {
  /** Marks in the database of the service; which of them are still there. */
  async function openWithMarks() {
    const place = mkdtempSync(join(tmpdir(), 'proxbox-anew-'));
    const file = join(place, 'database.db');
    const target = await open('on', { PROXBOX_DATABASE_PATH: file });
    await sync(target);
    const db = new BetterSqlite3(file);
    db.exec(`
      INSERT INTO refusal VALUES (1, '', 'mark', '${new Date().toISOString()}');
      INSERT INTO known_cluster (proxmox_endpoint_id, netbox_endpoint_id, mode, name, nodes, is_confirmed)
        VALUES (99, 1, 'cluster', 'mark', '[]', 1)`);
    const marks = () => ({
      refusals: db.prepare("SELECT count(*) FROM refusal WHERE sentence = 'mark'").pluck().get(),
      clusters: db.prepare("SELECT count(*) FROM known_cluster WHERE name = 'mark'").pluck().get(),
    });
    const end = () => {
      db.close();
      rmSync(place, { recursive: true, force: true });
    };
    return { target, marks, end };
  }

  it('is forgotten when another one answers at its address: the plugin’s settings were made at another time', async () => {
    const { target, marks, end } = await openWithMarks();
    await syncQuietly(target);
    expect(marks()).toEqual({ refusals: 1, clusters: 1 });

    await setUpAnew(target);
    await sync(target);

    expect(marks()).toEqual({ refusals: 0, clusters: 0 });
    const told = JSON.stringify((await target.world.ask('GET', '/admin/logs?limit=500')).body);
    expect(told.split('leads to another NetBox than before')).toHaveLength(2);
    end();
  });

  it('is kept when that one is restored from a backup', async () => {
    const { target, marks, end } = await openWithMarks();
    const restore = target.simulator.backUp();

    restore();
    await sync(target);

    expect(marks()).toEqual({ refusals: 1, clusters: 1 });
    end();
  });
});

describe('what is remembered of machines', () => {
  /** With its database, and the machines of which anything is remembered. */
  async function openWithMemory() {
    const place = mkdtempSync(join(tmpdir(), 'proxbox-anew-'));
    const file = join(place, 'database.db');
    const target = await open('on', { PROXBOX_DATABASE_PATH: file });
    const db = new BetterSqlite3(file, { readonly: true });
    return {
      target,
      remembered: () =>
        db.prepare("SELECT virtual_machine_id FROM machine_memory WHERE smbios_uuid <> '' ORDER BY 1").pluck().all(),
      end: () => {
        db.close();
        rmSync(place, { recursive: true, force: true });
      },
    };
  }
  const idsOf = async (target: SimulatedTarget, name: string): Promise<readonly number[]> =>
    (await all(target, path.vms, `&name=${name}`)).map(({ id }) => id).sort();

  it('is not taken for what is known of others that got their ids', async () => {
    const { target, remembered, end } = await openWithMemory();
    const restore = target.simulator.backUp();
    await sync(target, of(1));
    expect(remembered()).toEqual(await idsOf(target, 'web'));
    const [before] = await idsOf(target, 'web');

    restore();
    for (const call of [of(2), of(1)]) await sync(target, call);

    expect(await idsOf(target, 'web')).not.toEqual([before]);
    expect(remembered()).toEqual(await idsOf(target, 'web'));
    end();
  });

  it('is forgotten with what is known of clusters when the endpoint leads to another NetBox', async () => {
    const { target, remembered, end } = await openWithMemory();
    await sync(target);
    expect(remembered()).not.toEqual([]);

    await target.world.ask('PUT', '/netbox/endpoint/1', { domain: 'netbox.example.com' });

    expect(remembered()).toEqual([]);
    end();
  });
});
