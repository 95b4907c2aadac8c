/** Which cluster is it? Estates that are called alike, in every order, and what an operator does to them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, one, sync, syncQuietly, watchedSync } from '../../contract/sync/target.js';
import { contentOf } from '../../fault/support/content.js';
import { cloneRootCa, hideRootCa, joinCluster, renewRootCa, type EstateCluster } from '../../simulator/estate/index.js';
import type { StreamResult } from '../../support/world.js';
import { stages } from './plugin-calls.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const guests = [
  { vmid: 100, name: 'web' },
  { vmid: 101, name: 'db' },
];
const more = [...guests, { vmid: 102, name: 'nas' }];

/** A host as the installer proposes to call it. */
const host = (network: string, its = guests): EstateCluster =>
  aCluster({ name: 'pve', nodes: ['pve'], standalone: true, network, guests: its });

type Pair = readonly [EstateCluster, EstateCluster];
type Order = readonly string[];

const opened: SimulatedTarget[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((target) => target.close()));
});

async function open(clusters: readonly EstateCluster[], variables = {}): Promise<SimulatedTarget> {
  const target = await openSimulated(anEstate(...clusters), { variables });
  opened.push(target);
  return target;
}

const of = (id: number): string => `/full-update/stream?proxmox_endpoint_ids=${id}`;
const orders: Readonly<Record<string, Order>> = {
  'one run over both': ['/full-update/stream'],
  'one call per endpoint': [of(1), of(2)],
  'one call per endpoint, the other way round': [of(2), of(1)],
};
const codes = ({ complete }: StreamResult): readonly string[] =>
  (complete.result?.warnings ?? []).map(({ reason }) => reason);
const content = (target: SimulatedTarget): readonly string[] =>
  contentOf(
    target.simulator,
    target.world.proxmox.map(({ port }) => port),
  );
/** The plugin's own rows of a cluster or node that nobody has synced yet. */
const isUnlinked = (line: string): boolean => /"netbox_(cluster|device)":null/.test(line);
/** Objects that are not any more as they were. */
const changedBetween = (before: readonly string[], after: readonly string[]): readonly string[] =>
  before.filter((line) => !after.includes(line) && !isUnlinked(line));
const namesIn = async (target: SimulatedTarget, kind: string): Promise<readonly string[]> =>
  (await all(target, kind)).map(({ name, cluster }) => (cluster ? `${cluster.name}/${name}` : name)).sort();

/** Registers simulators anew, as an operator does without the plugin. Answers the ids in that order. */
async function registerAnew({ world }: SimulatedTarget, order: readonly number[]): Promise<readonly number[]> {
  for (const { id } of (await world.ask('GET', '/proxmox/endpoints')).body as { id: number }[])
    await world.ask('DELETE', `/proxmox/endpoints/${id}`);
  const ids: number[] = [];
  for (const index of order) {
    const { port, username, tokenName: token_name, tokenValue: token_value } = world.proxmox[index]!;
    const address = { domain: 'localhost', ip_address: '127.0.0.1', port, verify_ssl: false };
    const body = { name: `endpoint ${index}`, ...address, username, token_name, token_value };
    const { status, body: made } = await world.ask('POST', '/proxmox/endpoints', body);
    expect(status).toBe(200);
    ids.push(made.id);
  }
  return ids;
}

describe('rule 5: the same NetBox content in every order, and nothing more to write', () => {
  const pairs: Readonly<Record<string, () => Pair>> = {
    'two hosts called pve': () => [host('10.50.0'), host('10.51.0', more)],
    'two hosts called pve with one root certificate, cloned': () => {
      const pair: Pair = [host('10.50.0'), host('10.51.0', more)];
      cloneRootCa(...pair);
      return pair;
    },
    'two hosts called pve whose root certificates cannot be read': () => {
      const pair: Pair = [host('10.50.0'), host('10.51.0', more)];
      pair.forEach(hideRootCa);
      return pair;
    },
    'two clusters with equal names of nodes': () => [
      aCluster({ guests }),
      aCluster({ network: '10.9.9', guests: more }),
    ],
    'two clusters with different nodes and unreadable root certificates': () => {
      const pair: Pair = [aCluster({ guests }), aCluster({ nodes: ['n1', 'n2'], network: '10.9.9', guests: more })];
      pair.forEach(hideRootCa);
      return pair;
    },
    'a host and a cluster of its name': () => [
      host('10.50.0'),
      aCluster({ name: 'pve', network: '10.9.9', guests: more }),
    ],
  };

  it.each(Object.entries(pairs))('%s', async (_pair, makePair) => {
    const contents: (readonly string[])[] = [];
    for (const calls of Object.values(orders)) {
      const target = await open(makePair());
      let before: readonly string[] = [];
      for (const call of calls) {
        await sync(target, call);
        const after = content(target);
        // What the one has written stays as it is when the other comes.
        expect(changedBetween(before, after)).toEqual([]);
        before = after;
      }
      for (const call of [...calls, '/full-update/stream', of(2), of(1)]) await syncQuietly(target, call);
      expect(await all(target, path.clusters)).toHaveLength(2);
      expect(await all(target, path.vms)).toHaveLength(5);
      contents.push(content(target));
    }
    const [first = [], ...others] = contents;
    for (const other of others) {
      expect(first.filter((line) => !other.includes(line))).toEqual([]);
      expect(other).toEqual(first);
    }
  });

  it('two customers with one address plan: the root certificate tells them apart', async () => {
    for (const calls of Object.values(orders)) {
      const pair: Pair = [host('192.168.1'), host('192.168.1', more)];
      renewRootCa(pair[1]);
      const target = await open(pair);
      for (const call of calls) await sync(target, call);
      expect(await namesIn(target, path.vms)).toEqual([
        'pve (pve)/db',
        'pve (pve)/nas',
        'pve (pve)/web',
        'pve/db',
        'pve/web',
      ]);
      const again = [of(2), of(1), '/full-update/stream'];
      for (const call of again) {
        // An address that NetBox refuses is tried once more by a run that knows the other guest from NetBox alone.
        const { changes, writes } = await watchedSync(target, call);
        expect([changes, writes.filter((write) => !write.includes('ip-addresses'))]).toEqual([0, []]);
      }
      for (const call of again) await syncQuietly(target, call);
    }
  });

  it('stage by stage, as the plugin calls it', async () => {
    const whole = await open([host('10.50.0'), host('10.51.0', more)]);
    await sync(whole);
    const staged = await open([host('10.50.0'), host('10.51.0', more)]);
    for (const id of [2, 1]) for (const stage of stages(id)) await sync(staged, stage);

    expect(await namesIn(staged, path.vms)).toEqual(await namesIn(whole, path.vms));
    expect(await namesIn(staged, path.devices)).toEqual(['pve (pve)/pve', 'pve/pve']);
    for (const id of [1, 2]) for (const stage of stages(id)) await syncQuietly(staged, stage);
  });
});

describe('rule 1: the root certificate and a node with the same name and address', () => {
  it('two endpoints of one cluster are one, in every order', async () => {
    for (const calls of Object.values(orders)) {
      const lab = aCluster({ guests });
      const target = await open([lab, lab]);
      for (const call of calls) await sync(target, call);
      expect(await all(target, path.clusters)).toHaveLength(1);
      expect(await namesIn(target, path.vms)).toEqual(['lab/db', 'lab/web']);
      expect((await all(target, path.vmState)).map((row) => row.proxmox_endpoint_raw_id)).toEqual([1, 1]);
      for (const call of [of(2), of(1)]) await syncQuietly(target, call);
    }
  });

  it('a clone is unverified: it is taken for another cluster, and told what tells them apart', async () => {
    const [original, clone] = [host('10.50.0'), host('10.51.0')];
    cloneRootCa(original, clone);
    const target = await open([original, clone]);

    const first = await sync(target);

    expect(codes(first)).toContain('cluster_unverified');
    expect(JSON.stringify(first.frames)).toContain('pvecm updatecerts --force');
    expect(await namesIn(target, path.clusters)).toEqual(['pve', 'pve (pve)']);
    expect(codes(await sync(target, of(2)))).toContain('cluster_unverified');

    renewRootCa(clone);
    await target.world.restart();
    await sync(target);
    expect(codes(await sync(target))).not.toContain('cluster_unverified');
    expect(await namesIn(target, path.clusters)).toEqual(['pve', 'pve (pve)']);
  });

  it('a renewed root certificate at the same nodes is the same cluster, and said once', async () => {
    const lab = aCluster({ guests });
    const target = await open([lab, lab]);
    await sync(target);
    renewRootCa(lab);
    await target.world.restart();

    expect(codes(await syncQuietly(target, of(2)))).toContain('cluster_renewed');
    expect(codes(await syncQuietly(target, of(2)))).not.toContain('cluster_renewed');
    await syncQuietly(target, of(1));
    expect(await all(target, path.clusters)).toHaveLength(1);
  });

  it.each(Object.entries(orders))(
    'a standalone host that joins a cluster keeps its device and machines, its cluster stays empty: %s',
    async (_order, calls) => {
      const solo = aCluster({
        name: 'solo',
        nodes: ['solo'],
        standalone: true,
        network: '203.0.113',
        guests: [{ vmid: 700, name: 'old' }],
      });
      const lab = aCluster({ guests });
      const target = await open([solo, lab]);
      await sync(target);
      const machine = (await machineOf(target, 700, 'solo')).machine.id;
      const device = (await one(target, path.devices, 'name=solo')).id;
      joinCluster(solo, lab);
      await target.world.restart();

      for (const call of calls) await sync(target, call);

      expect(await namesIn(target, path.vms)).toEqual(['lab/db', 'lab/old', 'lab/web']);
      expect((await machineOf(target, 700)).machine.id).toBe(machine);
      expect(await one(target, path.devices, 'name=solo')).toMatchObject({ id: device, cluster: { name: 'lab' } });
      expect(await all(target, path.devices)).toHaveLength(4);
      expect(await all(target, path.clusters)).toHaveLength(2);
      for (const call of [of(2), of(1), '/full-update/stream']) await syncQuietly(target, call);
    },
  );

  it.each([
    ['and kept its root certificate', () => undefined],
    ['and was installed again', renewRootCa],
    ['and tells no root certificate', hideRootCa],
  ] as const)('a node that has left its cluster %s proves nothing gone of the other nodes', async (_what, change) => {
    const lab = aCluster({ guests: [...guests, { vmid: 102, name: 'far', node: 'pve2' }] });
    const target = await open([lab], {
      PROXBOX_DELETE_ORPHANS: 'true',
      PROXBOX_ORPHAN_ACTION: 'delete',
      PROXBOX_DELETE_LIMIT_PERCENT: '100',
    });
    await sync(target);
    const before = content(target);
    lab.nodes.splice(1);
    lab.guests.delete(102);
    Object.assign(lab, { standalone: true, name: 'pve1' });
    change(lab);
    await target.world.restart();

    for (const call of ['/full-update/stream', ...stages(1), of(1)]) {
      const { complete } = await target.world.stream(call);
      expect(complete.ok).toBe(false);
      expect(JSON.stringify(complete)).toContain('which knows nothing of the other nodes');
    }

    expect(content(target)).toEqual(before);
  });

  it('an endpoint that leads to another cluster now is left alone, and says what to do', async () => {
    const lab = aCluster({ guests });
    const target = await open([lab, aCluster({ name: 'edge', guests })]);
    await sync(target);
    const before = content(target);
    Object.assign(
      lab,
      aCluster({ name: 'other', nodes: ['x1'], network: '10.77.0', guests: [{ vmid: 100, name: 'x' }] }),
    );
    await target.world.restart();

    const { complete } = await target.world.stream(of(1));

    expect(complete.ok).toBe(false);
    expect(JSON.stringify(complete)).toContain('needs an endpoint of its own');
    expect(content(target)).toEqual(before);
  });
});

describe('rule 2: where the root certificate cannot be read', () => {
  it.each<[string, (before: EstateCluster, now: EstateCluster) => void]>([
    ['neither tells it', (...both) => both.forEach(hideRootCa)],
    ['only the former one told it', (_before, now) => hideRootCa(now)],
    ['only the present one tells it', hideRootCa],
  ])('an endpoint that leads to another installation is left alone as well: %s', async (_who, hide) => {
    for (const [name, nodes, standalone] of [['other', ['x1'], false] as const, ['pve', ['pve'], true] as const]) {
      const former = standalone ? host('10.50.0') : aCluster({ guests });
      const present = aCluster({ name, nodes, standalone, network: '10.77.0', guests: [{ vmid: 100, name: 'x' }] });
      hide(former, present);
      const target = await open([former], { PROXBOX_DELETE_ORPHANS: 'true', PROXBOX_ORPHAN_ACTION: 'delete' });
      await sync(target);
      const before = content(target);
      Object.assign(former, present);
      await target.world.restart();

      const { complete } = await target.world.stream(of(1));

      expect(complete.ok).toBe(false);
      expect(JSON.stringify(complete)).toContain('needs an endpoint of its own');
      expect(content(target)).toEqual(before);
    }
  });

  it('the same mode and a node with the same name and address are one cluster', async () => {
    for (const calls of Object.values(orders)) {
      const lab = aCluster({ guests });
      hideRootCa(lab);
      const target = await open([lab, lab]);
      for (const call of calls) await sync(target, call);
      expect(await all(target, path.clusters)).toHaveLength(1);
      expect(await all(target, path.vms)).toHaveLength(2);
    }
  });

  it('a refused read is no failure: the nodes decide', async () => {
    const target = await open([host('10.50.0'), host('10.51.0', more)]);
    for (const { faults } of target.world.proxmox)
      faults.add({
        match: { path: /certificates\/info$/ },
        action: { status: 403, reason: 'Permission check failed' },
      });

    await sync(target);

    expect(await namesIn(target, path.clusters)).toEqual(['pve', 'pve (pve)']);
    await syncQuietly(target, of(2));
  });

  it('the same node name with an unknown address may be one: the later endpoint waits', async () => {
    const pair: Pair = [aCluster({ guests }), aCluster({ network: '10.9.9', guests: more })];
    pair.forEach(hideRootCa);
    const target = await open(pair);
    for (const node of pair[1].nodes) node.address = '';

    const { complete } = await target.world.stream('/full-update/stream');

    expect(JSON.stringify(complete)).toContain('cluster_unverified');
    expect(await namesIn(target, path.vms)).toEqual(['lab/db', 'lab/web']);
    expect(await all(target, path.clusters)).toHaveLength(1);
  });
});

describe('rule 3: which NetBox cluster it is', () => {
  const folder = (): string => mkdtempSync(join(tmpdir(), 'proxbox-known-'));
  /** A world whose database can be reached, and a way to make it forget what it knows of clusters. */
  async function forgetful(clusters: readonly EstateCluster[]) {
    const place = folder();
    const file = join(place, 'database.db');
    const target = await open(clusters, { PROXBOX_DATABASE_PATH: file });
    const db = new BetterSqlite3(file);
    const end = (): void => {
      db.close();
      rmSync(place, { recursive: true, force: true });
    };
    return { target, db, end, forget: () => void db.prepare('DELETE FROM known_cluster').run() };
  }

  it.each([
    ['remembered', false],
    ['forgotten', true],
  ])('a cluster that an operator renamed keeps its name and is used (%s)', async (_memory, isForgotten) => {
    const { target, forget, end } = await forgetful([host('10.50.0'), host('10.51.0', more)]);
    await sync(target);
    for (const [before, after] of [
      ['pve', 'Paris'],
      ['pve (pve)', 'Berlin'],
    ] as const)
      await edit(target, path.clusters, (await one(target, path.clusters, `name=${encodeURIComponent(before)}`)).id, {
        name: after,
      });
    if (isForgotten) forget();

    for (const call of [of(2), of(1), '/full-update/stream']) await syncQuietly(target, call);

    expect(await namesIn(target, path.clusters)).toEqual(['Berlin', 'Paris']);
    end();
  });

  it('losing what is remembered costs one more look, and never a duplicate', async () => {
    const { target, forget, end } = await forgetful([host('10.50.0'), host('10.51.0', more)]);
    await sync(target);
    for (const call of [of(2), of(1), '/full-update/stream']) {
      forget();
      await syncQuietly(target, call);
    }
    end();
  });

  it('a database that is locked fails no run', async () => {
    const lab = aCluster({ guests });
    const { target, db, end } = await forgetful([lab]);
    await sync(target);
    renewRootCa(lab);
    await target.world.restart();
    db.exec('BEGIN IMMEDIATE');

    const result = await syncQuietly(target);

    db.exec('ROLLBACK');
    expect(codes(result)).toContain('cluster_unremembered');
    expect(codes(await syncQuietly(target))).not.toContain('cluster_unremembered');
    end();
  });
});

describe('rule 4: a second cluster of a name', () => {
  it('gets the name of its endpoint behind it, with a warning', async () => {
    const target = await open([host('10.50.0'), host('10.51.0', more)]);

    const result = await sync(target, of(2));

    expect(codes(result)).toContain('cluster_name_shared');
    expect(await namesIn(target, path.clusters)).toEqual(['pve (pve)']);
  });

  it('never takes what is the first one’s, and its objects are found by either name', async () => {
    const target = await open([host('10.50.0'), host('10.51.0', more)]);
    await sync(target, of(1));
    const before = content(target);
    const ask = (query: string) => target.world.ask('GET', `/sync/individual/vm?node=pve&type=qemu&vmid=100&${query}`);

    const second = await ask(`cluster_name=${encodeURIComponent('pve (pve)')}&proxmox_endpoint_ids=2`);

    expect(second.body).toMatchObject({ action: 'created', error: null });
    expect(changedBetween(before, content(target))).toEqual([]);
    expect(await namesIn(target, path.vms)).toEqual(['pve (pve)/web', 'pve/db', 'pve/web']);
    const again = await ask('cluster_name=pve&proxmox_endpoint_ids=2');
    expect(again.body).toMatchObject({ action: 'unchanged', error: null });
    expect((await ask('cluster_name=pve')).body.error).toContain('ambiguous');
  });
});

describe('a cluster that an operator has placed in a region', () => {
  it.each([
    ['its site is made once', undefined],
    ['its site is found by its name, whatever its slug', { name: 'Proxmox Default Site - lab', slug: 'elsewhere' }],
  ])('keeps it, and %s', async (_what, site) => {
    const target = await open([aCluster({ guests })]);
    const made = async (collection: string, body: object): Promise<number> =>
      (await target.netbox.post(collection, body)).body.id;
    const region = await made('/api/dcim/regions/', { name: 'North', slug: 'north' });
    const type = await made('/api/virtualization/cluster-types/', { name: 'Cluster', slug: 'cluster' });
    await made(path.clusters, { name: 'lab', type, scope_type: 'dcim.region', scope_id: region });
    if (site !== undefined) await made('/api/dcim/sites/', { ...site, status: 'active' });

    await sync(target);

    expect(await one(target, path.clusters, 'name=lab')).toMatchObject({ scope: { name: 'North' } });
    expect(await all(target, '/api/dcim/sites/')).toHaveLength(1);
    await syncQuietly(target);
  });
});

describe('a cluster that is renamed in Proxmox', () => {
  const calls = { 'in one run': ['/full-update/stream'], 'stage by stage': stages(1) };

  it.each(
    Object.entries(calls).flatMap(([how, its]) => [
      [`${how}, gets the new name`, its, 'lab', 'prod'] as const,
      [`${how}, keeps the one that an operator gave it`, its, 'Paris', 'Paris'] as const,
    ]),
  )('is the same one in NetBox, with all that stands in it, and %s', async (_how, its, inNetBox, expected) => {
    const lab = aCluster({ guests });
    const target = await open([lab]);
    await sync(target);
    const before = await one(target, path.clusters, 'name=lab');
    const machines = (await all(target, path.vms)).map(({ id }) => id);
    await edit(target, path.clusters, before.id, { name: inNetBox, comments: 'rack 4' });
    Object.assign(lab, { name: 'prod' });
    await target.world.restart();

    for (const call of its) await sync(target, call);

    expect(await all(target, path.clusters)).toMatchObject([{ id: before.id, name: expected, comments: 'rack 4' }]);
    expect((await all(target, path.vms)).map(({ id }) => id)).toEqual(machines);
    for (const call of its) await syncQuietly(target, call);
  });

  it('gets the new name by a later run where NetBox did not take it', async () => {
    const lab = aCluster({ guests });
    const target = await open([lab]);
    await sync(target);
    const { id } = await one(target, path.clusters, 'name=lab');
    Object.assign(lab, { name: 'prod' });
    await target.world.restart();
    const isPatch = { method: 'PATCH', path: /virtualization\/clusters\// };
    target.simulator.faults.add({ match: isPatch, action: { status: 400, body: { name: ['Not now.'] } } });

    const { complete } = await target.world.stream('/full-update/stream');

    expect(complete.ok).toBe(false);
    expect(await namesIn(target, path.clusters)).toEqual(['lab']);
    target.simulator.faults.clear();
    await sync(target);
    expect(await all(target, path.clusters)).toMatchObject([{ id, name: 'prod' }]);
    await syncQuietly(target);
  });

  it('keeps its name in NetBox where another cluster there has the new one', async () => {
    const lab = aCluster({ guests });
    const target = await open([lab]);
    await sync(target);
    const { id, type } = await one(target, path.clusters, 'name=lab');
    await target.netbox.post(path.clusters, { name: 'prod', type: type.id });
    Object.assign(lab, { name: 'prod' });
    await target.world.restart();

    await sync(target);

    expect(await namesIn(target, path.clusters)).toEqual(['lab', 'prod']);
    expect(await namesIn(target, path.vms)).toEqual(['lab/db', 'lab/web']);
    expect((await one(target, path.clusters, 'name=lab')).id).toBe(id);
    await syncQuietly(target);
  });
});

describe('a cluster whose new name in Proxmox another one has in NetBox', () => {
  it.each(Object.entries(orders))('gets it as soon as that one is called otherwise: %s', async (_order, calls) => {
    const pair: Pair = [aCluster({ guests }), aCluster({ name: 'edge', nodes: ['e1'], guests: more })];
    const target = await open(pair);
    await sync(target);
    const ids = (await all(target, path.clusters, '&ordering=name')).map(({ id, name }) => [name, id]);
    expect(ids.map(([name]) => name)).toEqual(['edge', 'lab']);
    Object.assign(pair[0], { name: 'prod' });
    Object.assign(pair[1], { name: 'lab' });
    await target.world.restart();

    const told: string[] = [];
    for (const call of [...calls, ...calls])
      for (const { reason, message = '' } of (await sync(target, call)).complete.result?.warnings ?? [])
        if (reason === 'name_adjusted') told.push(message);

    const [edge, lab] = ids.map(([, id]) => id);
    expect((await all(target, path.clusters)).map(({ id, name }) => [name, id]).sort()).toEqual([
      ['lab', edge],
      ['prod', lab],
    ]);
    expect((await all(target, path.clusterState)).map((row) => [row.cluster.id, row.proxmox_cluster_name])).toEqual(
      expect.arrayContaining([
        [edge, 'lab'],
        [lab, 'prod'],
      ]),
    );
    // Not told where the name was free already.
    expect(told).toHaveLength(calls[0] === of(1) ? 0 : 1);
    for (const message of told) expect(message).toContain('In NetBox it stays "edge" as long as another cluster');
    for (const call of [...calls, '/full-update/stream']) await syncQuietly(target, call);
  });
});

describe('endpoints that were deleted and registered again', () => {
  const solo = (name: string, network: string, its: typeof guests): EstateCluster =>
    aCluster({ name, nodes: [name], standalone: true, network, guests: its });
  const trio = () => [
    solo('alpha', '10.50.0', guests),
    solo('beta', '10.51.0', more),
    solo('gamma', '10.52.0', guests.slice(0, 1)),
  ];

  it('lead to the same objects, when they have changed places', async () => {
    const target = await open(trio());
    await registerAnew(target, [0, 1]);
    await sync(target);
    const before = await namesIn(target, path.vms);
    const ids = (await all(target, path.vms)).map(({ id, name }) => `${id} ${name}`);

    const endpointIds = await registerAnew(target, [1, 0]);
    await sync(target);

    expect(await namesIn(target, path.vms)).toEqual(before);
    expect((await all(target, path.vms)).map(({ id, name }) => `${id} ${name}`)).toEqual(ids);
    expect(await namesIn(target, path.devices)).toEqual(['alpha/alpha', 'beta/beta']);
    for (const call of [...endpointIds.map(of), '/full-update/stream']) await syncQuietly(target, call);
  });

  it.each([
    ['in one run', ['/full-update/stream?proxmox_endpoint_ids=1']],
    ['stage by stage', stages(1)],
  ])('are still those of a host that was renamed: its machines and its device stay, %s', async (_how, calls) => {
    const [renamed] = trio();
    const target = await open([renamed!]);
    await sync(target);
    const ids = (await all(target, path.vms)).map(({ id }) => id);
    const device = await one(target, path.devices, 'name=alpha');
    await edit(target, path.devices, device.id, { comments: 'rack 4' });
    Object.assign(renamed!, { name: 'omega' });
    Object.assign(renamed!.nodes[0]!, { name: 'omega' });
    for (const guest of renamed!.guests.values()) Object.assign(guest, { node: 'omega' });
    await target.world.restart();

    for (const call of calls) await sync(target, call);

    expect((await all(target, path.vms)).map(({ id }) => id)).toEqual(ids);
    expect(await namesIn(target, path.vms)).toEqual(['omega/db', 'omega/web']);
    expect(await all(target, path.devices)).toMatchObject([{ id: device.id, name: 'omega', comments: 'rack 4' }]);
    for (const call of calls) await syncQuietly(target, call);
  });

  it('are those of a renamed host, too, whose device an operator took out of its cluster', async () => {
    const [renamed] = trio();
    const target = await open([renamed!]);
    await sync(target);
    const device = await one(target, path.devices, 'name=alpha');
    const site = await target.netbox.create(path.sites, { name: 'Berlin', slug: 'berlin' });
    for (const { id } of await all(target, path.vms)) await edit(target, path.vms, id, { device: null });
    await edit(target, path.devices, device.id, { cluster: null, site: site.id, comments: 'rack 4' });
    Object.assign(renamed!, { name: 'omega' });
    Object.assign(renamed!.nodes[0]!, { name: 'omega' });
    for (const guest of renamed!.guests.values()) Object.assign(guest, { node: 'omega' });
    await target.world.restart();

    expect(codes(await sync(target))).toContain('node_missing');

    expect(await all(target, path.devices)).toMatchObject([
      { id: device.id, name: 'omega', cluster: null, site: { name: 'Berlin' }, comments: 'rack 4' },
    ]);
    await syncQuietly(target);
  });

  it('give nothing of one cluster to another that has its id, and mark nothing of it', async () => {
    const target = await open(trio(), { PROXBOX_DELETE_ORPHANS: 'true', PROXBOX_ORPHAN_ACTION: 'delete' });
    await registerAnew(target, [0, 1]);
    await sync(target);
    const before = await all(target, path.vms);

    await registerAnew(target, [0, 2]);
    await sync(target, '/full-update/stream?force_deletes=true');

    const after = await all(target, path.vms);
    expect(after.filter(({ id }) => before.some((machine) => machine.id === id))).toEqual(before);
    expect(await namesIn(target, path.vms)).toContain('gamma/web');
    expect(after).toHaveLength(6);
    await syncQuietly(target, '/full-update/stream?force_deletes=true');
  });
});

describe('two hosts called pve that were deleted and registered again', () => {
  const places = async (target: SimulatedTarget) => ({
    machines: (await all(target, path.vms)).map(({ id, name, cluster }) => `${id} ${cluster?.name}/${name}`).sort(),
    devices: (await all(target, path.devices)).map(({ id, name, cluster }) => `${id} ${cluster?.name}/${name}`).sort(),
    clusters: (await all(target, path.clusters)).map(({ id, name }) => `${id} ${name}`).sort(),
  });
  /** What a machine runs on: the link of its sidecar tells the endpoint. */
  const links = async (target: SimulatedTarget) =>
    new Map((await all(target, path.vmState)).map((row) => [row.virtual_machine.id, row.proxmox_link] as const));
  const pair = (): Pair => [host('10.50.0'), host('10.51.0', more)];
  const hidden = (): Pair => {
    const both = pair();
    both.forEach(hideRootCa);
    return both;
  };
  const waysToCall: Readonly<Record<string, (ids: readonly number[]) => Order>> = {
    'one run over both': () => ['/full-update/stream'],
    'one call per endpoint': (ids) => ids.map(of),
    'one call per endpoint, the other way round': (ids) => [...ids].reverse().map(of),
    'stage by stage': (ids) => ids.flatMap((id) => stages(id)),
  };
  const worlds = { readable: pair, 'not readable': hidden };

  it.each(
    Object.entries(worlds).flatMap(([readable, makePair]) =>
      Object.entries(waysToCall).map(([how, callsOf]) => [readable, how, makePair, callsOf] as const),
    ),
  )('keep their machines and devices in swapped order; root certificates %s, %s', async (_r, _h, makePair, callsOf) => {
    const target = await open(makePair());
    await registerAnew(target, [0, 1]);
    await sync(target);
    const [before, linked] = [await places(target), await links(target)];

    const ids = await registerAnew(target, [1, 0]);
    for (const call of callsOf(ids)) await sync(target, call);

    expect(await places(target)).toEqual(before);
    expect(await links(target)).toEqual(linked);
    for (const call of [...callsOf(ids), ...ids.map(of), '/full-update/stream']) await syncQuietly(target, call);
  });

  it('one of them is deleted, and another host of the name comes: it takes nothing', async () => {
    const [first, second] = pair();
    const third = host('10.52.0', more);
    const target = await open([first, second, third]);
    await registerAnew(target, [0, 1]);
    await sync(target);
    const before = await places(target);
    const rows = content(target);

    const ids = await registerAnew(target, [2, 1]);
    for (const call of ids.map(of)) await sync(target, call);

    const after = await places(target);
    for (const kind of ['machines', 'devices', 'clusters'] as const)
      expect(after[kind]).toEqual(expect.arrayContaining(before[kind]));
    expect([after.machines.length, after.devices.length, after.clusters.length]).toEqual([8, 3, 3]);
    const ofFirst = rows.filter((line) => line.includes('10.50.0.'));
    expect(ofFirst.length).toBeGreaterThan(0);
    expect(changedBetween(ofFirst, content(target))).toEqual([]);
    for (const call of [...ids.map(of), '/full-update/stream']) await syncQuietly(target, call);
  });

  it('a host with the address plan of one that is gone is told from it by its root certificate', async () => {
    const [first, twin] = [host('192.168.1'), host('192.168.1', more)];
    renewRootCa(twin);
    const target = await open([first, twin]);
    await registerAnew(target, [0]);
    await sync(target);
    const before = await places(target);

    await registerAnew(target, [1]);
    await sync(target);

    const after = await places(target);
    expect(after.machines).toEqual(expect.arrayContaining(before.machines));
    expect([after.machines.length, after.clusters.length]).toEqual([5, 2]);
  });

  it('one comes back at another address: only its address in NetBox tells it from a clone', async () => {
    const lone = host('10.50.0');
    const target = await open([lone]);
    await registerAnew(target, [0]);
    await sync(target);
    const before = await places(target);
    lone.nodes[0]!.address = '10.59.0.1';
    await target.world.restart();
    await registerAnew(target, [0]);

    const { complete } = await target.world.stream('/full-update/stream');

    // The link of its machines tells it: the same host and port.
    expect(complete.ok).toBe(true);
    expect(await places(target)).toEqual(before);
  });
});

describe('a database that was lost, so that ids start over', () => {
  /** The same NetBox and hosts with a new database: what the old one gave out is forgotten. */
  async function lost(makePair: () => Pair) {
    const place = mkdtempSync(join(tmpdir(), 'proxbox-lost-'));
    const file = join(place, 'database.db');
    const target = await open(makePair(), { PROXBOX_DATABASE_PATH: file });
    const db = new BetterSqlite3(file);
    const start = (): void => {
      db.exec('DELETE FROM proxmoxendpoint; DELETE FROM endpoint_id; DELETE FROM known_cluster');
    };
    const end = (): void => {
      db.close();
      rmSync(place, { recursive: true, force: true });
    };
    start();
    expect(await registerAnew(target, [0, 1])).toEqual([1, 2]);
    await sync(target);
    start();
    return { target, end };
  }
  const pair = (): Pair => [host('10.50.0'), host('10.51.0', more)];
  const hidden = (): Pair => {
    const both = pair();
    both.forEach(hideRootCa);
    return both;
  };

  it.each([
    ['readable', pair],
    ['not readable', hidden],
  ])('the same order: nothing is written (root certificates %s)', async (_readable, makePair) => {
    const { target, end } = await lost(makePair);
    const ids = await registerAnew(target, [0, 1]);
    expect(ids).toEqual([1, 2]);
    for (const call of [of(2), of(1), '/full-update/stream']) await syncQuietly(target, call);
    end();
  });

  it.each([
    ['readable', pair],
    ['not readable', hidden],
  ])('swapped: nothing is taken, and it is told what to do (root certificates %s)', async (_readable, makePair) => {
    const { target, end } = await lost(makePair);
    const before = content(target);
    expect(await registerAnew(target, [1, 0])).toEqual([1, 2]);

    for (const call of [of(1), of(2), '/full-update/stream', ...stages(1), ...stages(2)]) {
      const { complete } = await target.world.stream(call);
      if (call.startsWith('/full-update')) expect(JSON.stringify(complete)).toContain('cluster_unverified');
      expect(changedBetween(before, content(target))).toEqual([]);
    }

    // Registered again they have ids of their own, and are found by where they are.
    const ids = await registerAnew(target, [1, 0]);
    expect(ids).toEqual([3, 4]);
    const names = [await namesIn(target, path.vms), await namesIn(target, path.devices)];
    for (const call of ids.map(of)) await sync(target, call);
    expect([await namesIn(target, path.vms), await namesIn(target, path.devices)]).toEqual(names);
    for (const call of ids.map(of)) await syncQuietly(target, call);
    end();
  });

  it('only the other host is registered: it takes nothing of the one that had its id', async () => {
    const { target, end } = await lost(pair);
    const before = content(target);
    await registerAnew(target, [1]);

    const { complete } = await target.world.stream('/full-update/stream');

    expect(JSON.stringify(complete)).toContain('cluster_unverified');
    expect(changedBetween(before, content(target))).toEqual([]);
    end();
  });
});
