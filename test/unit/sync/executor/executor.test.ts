import { describe, expect, it } from 'vitest';
import { ProxboxError } from '../../../../src/errors/proxbox-error.js';
import type { NetBoxClient } from '../../../../src/netbox/types.js';
import { applyPlan, type WriteProgress } from '../../../../src/sync/executor/executor.js';
import { type Change, type Desired, type ObjectKey, type Outcome, ref } from '../../../../src/sync/types.js';
import { stored } from '../../../support/factories/netbox-records.js';
import { createInMemoryNetBox, type InMemoryNetBox } from '../../../support/factories/in-memory-netbox.js';
import { refusal } from '../../../support/factories/netbox-rules.js';
import { anExecutorContext } from '../../../support/factories/run.js';
import { aDesired, aPlan } from '../../../support/factories/sync.js';

const machines = '/api/virtualization/virtual-machines/';
const states = '/api/plugins/proxbox/sync-state/virtual-machines/';
const clusters = '/api/virtualization/clusters/';

const create = (desired: Desired): Change => ({ action: 'create', desired });

function update(row: { readonly id: number }, patch: Desired['fields'], desired: Partial<Desired> = {}): Change {
  const why = Object.entries(patch).map(([field, to]) => ({ field, from: null, to }));
  return {
    action: 'update',
    desired: aDesired({ key: `${row.id}`, label: `vm${row.id}`, ...desired }),
    current: stored(desired.kind ?? 'virtual-machine', row),
    patch,
    why,
  };
}

function aMachine(name: string, more: Desired['fields'] = {}): Desired {
  return aDesired({
    key: name,
    label: name,
    fields: { name, status: 'active', cluster: ref('cluster', 'a'), ...more },
  });
}

const aClusterToCreate = aDesired({ kind: 'cluster', key: 'a', label: 'lab', fields: { name: 'lab' } });

function apply(
  netbox: InMemoryNetBox,
  changes: readonly Change[],
  known: Readonly<Record<string, number>> = {},
  progress: WriteProgress[] = [],
) {
  const ids = new Map(Object.entries(known).map(([key, id]) => [key as ObjectKey, id]));
  return applyPlan(aPlan(changes, { known: ids }), anExecutorContext(netbox.client, progress));
}

function lines(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.map(
    ({ kind, label, status, reason }) => `${kind} ${label}: ${status}${reason === undefined ? '' : ` ${reason.code}`}`,
  );
}

describe('with several requests at once', () => {
  const deviceStates = '/api/plugins/proxbox/sync-state/devices/';
  const changes = [
    create(aMachine('web')),
    create(aDesired({ kind: 'device-state', key: 'pve1', label: 'pve1', fields: { device: 1 } })),
    create(
      aDesired({
        kind: 'vm-state',
        key: 'web',
        label: 'web',
        fields: { virtual_machine: ref('virtual-machine', 'web') },
      }),
    ),
  ];

  /** A client whose writes at a path end with, or after, something else. */
  function delayed(client: NetBoxClient, path: string, until: Promise<unknown>): NetBoxClient {
    return {
      ...client,
      atOnce: () => 4,
      bulkCreate: async (at, ...more) => {
        if (at === path) await until;
        return client.bulkCreate(at, ...more);
      },
    };
  }

  it('the outcomes have the order of kinds, whichever was written first', async () => {
    const netbox = createInMemoryNetBox();
    const written: string[] = [];
    const late = new Promise((resolve) => {
      netbox.verdict = ({ path }) => {
        written.push(path);
        if (path === states) resolve(path);
        return undefined;
      };
    });
    const { outcomes } = await applyPlan(
      aPlan(changes, { known: new Map([['cluster:a', 1]]) }),
      anExecutorContext(delayed(netbox.client, deviceStates, late)),
    );

    expect(written).toEqual([machines, states, deviceStates]);
    expect(lines(outcomes)).toEqual([
      'device-state pve1: created',
      'virtual-machine web: created',
      'vm-state web: created',
    ]);
  });

  it('what is under way when NetBox is lost counts, and nothing more is begun', async () => {
    const netbox = createInMemoryNetBox();
    const gone = new ProxboxError('netbox_unreachable', 'No connection');
    const late = new Promise((resolve) => {
      netbox.verdict = ({ path }) => {
        if (path !== machines) return undefined;
        resolve(path);
        return gone;
      };
    });
    const { outcomes, stopped } = await applyPlan(
      aPlan(changes, { known: new Map([['cluster:a', 1]]) }),
      anExecutorContext(delayed(netbox.client, deviceStates, late)),
    );

    expect(stopped).toBe(gone);
    expect(lines(outcomes)).toEqual([
      'device-state pve1: created',
      'virtual-machine web: failed not_attempted',
      'vm-state web: failed not_attempted',
    ]);
    expect(netbox.rows(states)).toEqual([]);
  });
});

describe('the order of writing', () => {
  it('is by kind, so that whoever is referred to comes first, whatever the order of the plan', async () => {
    const netbox = createInMemoryNetBox();
    await apply(netbox, [
      create(aDesired({ kind: 'vm-state', key: 'web', fields: { virtual_machine: ref('virtual-machine', 'web') } })),
      create(aMachine('web', { device: ref('device', 'pve1') })),
      create(
        aDesired({
          kind: 'device',
          key: 'pve1',
          fields: { name: 'pve1', site: ref('site', 's'), cluster: ref('cluster', 'a') },
        }),
      ),
      create(
        aDesired({
          kind: 'cluster',
          key: 'a',
          fields: { name: 'lab', scope_type: 'dcim.site', scope_id: ref('site', 's') },
        }),
      ),
      create(aDesired({ kind: 'site', key: 's', fields: { name: 's', slug: 's' } })),
      create(aDesired({ kind: 'tag', key: 'proxbox', fields: { name: 'Proxbox', slug: 'proxbox' } })),
    ]);
    expect(netbox.writes.map(({ path }) => path)).toEqual([
      '/api/extras/tags/',
      '/api/dcim/sites/',
      clusters,
      '/api/dcim/devices/',
      machines,
      states,
    ]);
    const [site, cluster, device, machine] = ['/api/dcim/sites/', clusters, '/api/dcim/devices/', machines].map(
      (path) => netbox.rows(path)[0]?.id,
    );
    expect(netbox.writes.slice(2).map(({ body }) => body)).toMatchObject([
      { scope_id: site },
      { site, cluster },
      { cluster, device },
      { virtual_machine: machine },
    ]);
  });

  it('sends a creation with the tags that only new objects get, and leaves out tags that do not exist', async () => {
    const netbox = createInMemoryNetBox();
    const desired = aMachine('web', { cluster: 1, tags: [ref('tag', 'proxbox'), ref('tag', 'lost')] });
    await apply(netbox, [create({ ...desired, createTags: [ref('tag', 'new'), 3] })], {
      'tag:proxbox': 5,
      'tag:new': 4,
    });
    expect(netbox.writes[0]?.body.tags).toEqual([3, 4, 5]);
  });

  it('reports progress of every bulk write', async () => {
    const netbox = createInMemoryNetBox();
    const progress: WriteProgress[] = [];
    const row = netbox.put(machines, { name: 'old', status: 'active' });
    await apply(netbox, [create(aMachine('a', { cluster: 1 })), update(row, { memory: 5 })], {}, progress);
    expect(progress).toEqual([
      { kind: 'virtual-machine', verb: 'update', done: 1, total: 1 },
      { kind: 'virtual-machine', verb: 'create', done: 1, total: 1 },
    ]);
  });

  it('writes nothing for objects that are as they should be', async () => {
    const netbox = createInMemoryNetBox();
    const current = stored('virtual-machine', netbox.put(machines, { name: 'a', status: 'active' }));
    const { outcomes } = await apply(netbox, [{ action: 'keep', desired: aMachine('a'), current }]);
    expect([lines(outcomes), netbox.writes]).toEqual([['virtual-machine a: unchanged'], []]);
  });
});

describe('an object that NetBox refuses', () => {
  const netboxThatRefuses = (name: string, error = refusal({ name: ['no'] })) => {
    const netbox = createInMemoryNetBox();
    netbox.verdict = ({ body }) => (body.name === name ? error : undefined);
    return netbox;
  };

  it('fails alone', async () => {
    const netbox = netboxThatRefuses('b');
    const { outcomes, stopped } = await apply(
      netbox,
      ['a', 'b', 'c'].map((name) => create(aMachine(name, { cluster: 1 }))),
    );
    expect(lines(outcomes)).toEqual([
      'virtual-machine a: created',
      'virtual-machine b: failed rejected',
      'virtual-machine c: created',
    ]);
    expect(stopped).toBeUndefined();
  });

  it('fails what refers to it, naming the cause, and nothing else', async () => {
    const netbox = netboxThatRefuses('lab');
    const { outcomes } = await apply(netbox, [
      create(aClusterToCreate),
      create(aMachine('web')),
      create(
        aDesired({
          kind: 'vm-state',
          key: 'web',
          label: 'web',
          fields: { virtual_machine: ref('virtual-machine', 'web') },
        }),
      ),
      create(aMachine('other', { cluster: 9 })),
    ]);
    expect([...lines(outcomes)].sort()).toEqual([
      'cluster lab: failed rejected',
      'virtual-machine other: created',
      'virtual-machine web: failed dependency_failed',
      'vm-state web: failed dependency_failed',
    ]);
    const message = outcomes.find(({ kind, key }) => kind === 'virtual-machine' && key === 'web')?.reason?.message;
    expect(message).toContain('cluster "lab"');
    expect(message).toContain('netbox_rejected');
  });

  it('fails an update that refers to it, and leaves the stored object alone', async () => {
    const netbox = netboxThatRefuses('lab');
    const row = netbox.put(machines, { name: 'old', status: 'active' });
    const { outcomes } = await apply(netbox, [create(aClusterToCreate), update(row, { cluster: ref('cluster', 'a') })]);
    expect(lines(outcomes)).toContain(`virtual-machine vm${row.id}: failed dependency_failed`);
    expect(netbox.writes.filter(({ method }) => method === 'PATCH')).toEqual([]);
  });

  it('is told as a name conflict when NetBox says so', async () => {
    const netbox = netboxThatRefuses('a', refusal({ __all__: ['Virtual machine name must be unique per cluster.'] }));
    const { outcomes } = await apply(netbox, [create(aMachine('a', { cluster: 1 }))]);
    expect(lines(outcomes)).toEqual(['virtual-machine a: failed name_conflict']);
  });

  it('is failed, not created, when it comes twice under one name', async () => {
    const netbox = createInMemoryNetBox();
    const { outcomes } = await apply(netbox, [
      create(aMachine('Web', { cluster: 1 })),
      create({ ...aMachine('web', { cluster: 1 }), key: 'second' }),
      create({ ...aMachine('web', { cluster: 2 }), key: 'third' }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['created', 'failed', 'created']);
  });

  it('does not keep a second cluster of the name in another site from being created', async () => {
    const netbox = createInMemoryNetBox();
    const { outcomes } = await apply(
      netbox,
      [5, 7].map((site) =>
        create(
          aDesired({
            kind: 'cluster',
            key: `${site}`,
            fields: { name: 'lab', scope_type: 'dcim.site', scope_id: site },
          }),
        ),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['created', 'created']);
  });
});

describe('an object that exists already', () => {
  it('is adopted and updated when it carries a tag of ours', async () => {
    const netbox = createInMemoryNetBox();
    const row = netbox.put(machines, { name: 'WEB', status: 'active', cluster: 1, memory: 1, tags: [5] });
    const { outcomes, ids } = await apply(netbox, [create(aMachine('web', { cluster: 1, memory: 2, tags: [5] }))]);
    expect(lines(outcomes)).toEqual(['virtual-machine web: updated']);
    expect(ids.get('virtual-machine:web')).toBe(row.id);
    expect(netbox.rows(machines)).toHaveLength(1);
    expect(netbox.rows(machines)[0]).toMatchObject({ name: 'web', memory: 2 });
  });

  it('is adopted without a write when it is equal', async () => {
    const netbox = createInMemoryNetBox();
    netbox.put(machines, { name: 'web', status: 'active', cluster: 1, tags: [5] });
    const { outcomes } = await apply(netbox, [create(aMachine('web', { cluster: 1, tags: [5] }))]);
    expect(lines(outcomes)).toEqual(['virtual-machine web: unchanged']);
    expect(netbox.writes.filter(({ method }) => method === 'PATCH')).toEqual([]);
  });

  it("is left alone when it is the operator's own machine", async () => {
    const netbox = createInMemoryNetBox();
    netbox.put(machines, { name: 'web', status: 'active', cluster: 1, memory: 1, tags: [77] });
    const { outcomes } = await apply(netbox, [create(aMachine('web', { cluster: 1, memory: 2, tags: [5] }))]);
    expect(lines(outcomes)).toEqual(['virtual-machine web: failed name_conflict']);
    expect(netbox.rows(machines)[0]).toMatchObject({ memory: 1 });
  });

  it('is left alone when it is a device of another cluster in the same site', async () => {
    const netbox = createInMemoryNetBox();
    netbox.put('/api/dcim/devices/', { name: 'pve', site: 1, cluster: 2 });
    const device = aDesired({ kind: 'device', key: 'pve', label: 'pve', fields: { name: 'pve', site: 1, cluster: 3 } });
    const { outcomes } = await apply(netbox, [create(device)]);
    expect(lines(outcomes)).toEqual(['device pve: failed rejected']);
    expect(netbox.rows('/api/dcim/devices/')[0]).toMatchObject({ cluster: { id: 2 } });
  });

  it('is a sidecar of the same parent', async () => {
    const netbox = createInMemoryNetBox();
    const row = netbox.put(states, { virtual_machine: 4, proxmox_vm_id: null });
    const state = aDesired({
      kind: 'vm-state',
      key: 'x',
      label: 'x',
      fields: { virtual_machine: 4, proxmox_vm_id: 100 },
    });
    const { outcomes } = await apply(netbox, [create(state)]);
    expect(lines(outcomes)).toEqual(['vm-state x: updated']);
    expect(netbox.rows(states)).toEqual([expect.objectContaining({ id: row.id, proxmox_vm_id: 100 })]);
  });
});

describe('an object that disappeared', () => {
  it('fails as vanished, and what refers to it fails with it', async () => {
    const netbox = createInMemoryNetBox();
    const { outcomes, ids } = await apply(
      netbox,
      [update({ id: 7 }, { name: 'lab' }, { kind: 'cluster', key: 'a', label: 'lab' }), create(aMachine('web'))],
      { 'cluster:a': 7 },
    );
    expect(lines(outcomes)).toEqual(['cluster lab: failed vanished', 'virtual-machine web: failed dependency_failed']);
    expect(ids.has('cluster:a')).toBe(false);
  });
});

describe('errors that concern more than one object', () => {
  const forbidden = refusal({ detail: 'You do not have permission to perform this action.' }, 403);

  it('without permission on a core path the kind fails, the warning comes once, other kinds go on', async () => {
    const netbox = createInMemoryNetBox();
    netbox.verdict = ({ path }) => (path === clusters ? forbidden : undefined);
    const { outcomes, warnings, stopped } = await apply(netbox, [
      create(aClusterToCreate),
      create(aDesired({ kind: 'cluster', key: 'b', label: 'b', fields: { name: 'b' } })),
      create(aMachine('free', { cluster: 9 })),
    ]);
    expect([...lines(outcomes)].sort()).toEqual([
      'cluster b: failed forbidden',
      'cluster lab: failed forbidden',
      'virtual-machine free: created',
    ]);
    expect(warnings.map(({ code }) => code)).toEqual(['forbidden']);
    expect(stopped).toBeUndefined();
    expect(netbox.writes.filter(({ path }) => path === clusters)).toHaveLength(1);
  });

  it.each([
    ['without permission', forbidden, 'forbidden'],
    ['without the table', refusal({ detail: 'Not found.' }, 404), 'plugin_route_missing'],
  ])("%s the plugin's rows are skipped, and the machines are written", async (_what, error, code) => {
    const netbox = createInMemoryNetBox();
    netbox.verdict = ({ path }) => (path === states ? error : undefined);
    const state = (key: string) =>
      create(aDesired({ kind: 'vm-state', key, label: key, fields: { virtual_machine: ref('virtual-machine', key) } }));
    const { outcomes, warnings } = await apply(netbox, [
      create(aMachine('a', { cluster: 1 })),
      create(aMachine('b', { cluster: 1 })),
      state('a'),
      state('b'),
    ]);
    expect(lines(outcomes)).toEqual([
      'virtual-machine a: created',
      'virtual-machine b: created',
      `vm-state a: skipped ${code}`,
      `vm-state b: skipped ${code}`,
    ]);
    expect(warnings.map((warning) => warning.code)).toEqual([code]);
  });

  it.each([
    ['NetBox is gone', new ProxboxError('netbox_unreachable', 'No connection')],
    ['the token is refused', refusal({ detail: 'Invalid token' }, 401)],
    ['the run is cancelled', new ProxboxError('cancelled', 'Stopped')],
  ])('when %s, what was written stays and the rest is not attempted', async (_when, error) => {
    const netbox = createInMemoryNetBox();
    netbox.verdict = ({ path }) => (path === machines ? error : undefined);
    const { outcomes, stopped } = await apply(netbox, [
      create(aClusterToCreate),
      create(aMachine('a')),
      create(
        aDesired({ kind: 'vm-state', key: 'a', label: 'a', fields: { virtual_machine: ref('virtual-machine', 'a') } }),
      ),
    ]);
    expect(lines(outcomes)).toEqual([
      'cluster lab: created',
      'virtual-machine a: failed not_attempted',
      'vm-state a: failed not_attempted',
    ]);
    expect(stopped).toBe(error);
  });
});

describe('renames', () => {
  it('free a name before it is taken', async () => {
    const netbox = createInMemoryNetBox();
    const a = netbox.put(machines, { name: 'a', status: 'active', cluster: 1 });
    const b = netbox.put(machines, { name: 'b', status: 'active', cluster: 1 });
    const { outcomes } = await apply(netbox, [update(a, { name: 'b' }), update(b, { name: 'c' })]);
    expect(outcomes.map(({ status }) => status)).toEqual(['updated', 'updated']);
    expect(netbox.rows(machines).map(({ name }) => name)).toEqual(['b', 'c']);
  });

  it('swap names, one outcome per object', async () => {
    const netbox = createInMemoryNetBox();
    const a = netbox.put(machines, { name: 'a', status: 'active', cluster: 1 });
    const b = netbox.put(machines, { name: 'B', status: 'active', cluster: 1 });
    const { outcomes } = await apply(netbox, [update(a, { name: 'b', memory: 3 }), update(b, { name: 'A' })]);
    expect(outcomes.map(({ status }) => status)).toEqual(['updated', 'updated']);
    expect(netbox.rows(machines)).toMatchObject([{ name: 'b', memory: 3 }, { name: 'A' }]);
  });
});

describe('the disk of a machine with virtual disks', () => {
  const tooSmall = refusal({
    disk: ['The specified disk size (10) must match the aggregate size of assigned virtual disks (43008).'],
  });

  it('is written once more with the sum that NetBox names', async () => {
    const netbox = createInMemoryNetBox();
    const row = netbox.put(machines, { name: 'a', status: 'active', disk: 5 });
    netbox.verdict = ({ body }) => (body.disk === 10 ? tooSmall : undefined);
    const { outcomes } = await apply(netbox, [update(row, { disk: 10, memory: 7 })]);
    expect(outcomes.map(({ status }) => status)).toEqual(['updated']);
    expect(netbox.writes.map(({ body }) => body)).toEqual([
      { disk: 10, memory: 7 },
      { disk: 43_008, memory: 7 },
    ]);
  });

  it('fails that machine alone when NetBox refuses again', async () => {
    const netbox = createInMemoryNetBox();
    const a = netbox.put(machines, { name: 'a', status: 'active', disk: 5 });
    const b = netbox.put(machines, { name: 'b', status: 'active' });
    netbox.verdict = ({ body }) => ('disk' in body ? tooSmall : undefined);
    const { outcomes, stopped } = await apply(netbox, [update(a, { disk: 10 }), update(b, { memory: 7 })]);
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'updated']);
    expect(stopped).toBeUndefined();
  });
});

it('ends every change in exactly one outcome', async () => {
  const netbox = createInMemoryNetBox();
  const kept = stored('virtual-machine', netbox.put(machines, { name: 'kept', status: 'active', cluster: 1 }));
  const changed = netbox.put(machines, { name: 'changed', status: 'active', cluster: 1 });
  netbox.verdict = ({ body }) => (body.name === 'bad' ? refusal({ name: ['no'] }) : undefined);
  const reason = { code: 'duplicate' as const, message: 'twice' };
  const changes: readonly Change[] = [
    { action: 'keep', desired: aMachine('kept'), current: kept },
    update(changed, { memory: 2 }),
    create(aMachine('new', { cluster: 1 })),
    create(aMachine('bad', { cluster: 1 })),
    create(aMachine('lost')),
    { action: 'skip', kind: 'virtual-machine', key: 'kept', label: 'kept', reason },
    { action: 'skip', kind: 'virtual-machine', key: 'kept', label: 'kept', reason },
    {
      action: 'refuse',
      kind: 'virtual-machine',
      key: 'unclear',
      label: 'unclear',
      reason: { ...reason, code: 'identity_ambiguous' },
    },
  ];
  const { outcomes } = await apply(netbox, changes);
  expect(outcomes).toHaveLength(changes.length);
  expect(outcomes.map(({ status }) => status).sort()).toEqual([
    'created',
    'failed',
    'failed',
    'failed',
    'skipped',
    'skipped',
    'unchanged',
    'updated',
  ]);
});

describe('the primary addresses of a machine', () => {
  const addresses = '/api/ipam/ip-addresses/';
  const anAddress = (key: string): Desired =>
    aDesired({ kind: 'ip-address', key, label: key, fields: { address: `${key}/24` } });
  const choice = (first: string, ...others: string[]) => ({
    ...ref('ip-address', first),
    or: others.map((key) => `ip-address:${key}` as const),
  });

  it.each<[string, readonly string[], string | undefined]>([
    ['the first one', [], '10.0.0.5'],
    ['the next one, where NetBox refused the first', ['10.0.0.5'], '10.0.0.6'],
    ['none, where NetBox refused all', ['10.0.0.5', '10.0.0.6'], undefined],
  ])('are %s; the other family has its own', async (_which, refused, expected) => {
    const netbox = createInMemoryNetBox();
    const row = netbox.put(machines, { name: 'web', status: 'active' });
    netbox.verdict = ({ path, body }) =>
      path === addresses && refused.some((host) => body['address'] === `${host}/24`)
        ? refusal({ address: ['Not that one.'] })
        : undefined;
    const fields = { primary_ip4: choice('10.0.0.5', '10.0.0.6'), primary_ip6: choice('2001:db8::1') };

    const { outcomes } = await apply(netbox, [
      update(row, fields, { kind: 'primary-address', fields }),
      ...['10.0.0.5', '10.0.0.6', '2001:db8::1'].map((key) => create(anAddress(key))),
    ]);

    const idOf = (host: string | undefined) =>
      netbox.rows(addresses).find(({ address }) => address === `${host}/24`)?.id;
    const sent = netbox.writes.find(({ path }) => path === machines)?.body;
    expect(sent).toEqual({
      ...(expected === undefined ? {} : { primary_ip4: idOf(expected) }),
      primary_ip6: idOf('2001:db8::1'),
    });
    expect(outcomes.filter(({ status }) => status === 'failed')).toHaveLength(refused.length);
  });

  it('are let go before the address moves; where NetBox refuses that, the address stays, for that reason', async () => {
    for (const isRefused of [false, true]) {
      const netbox = createInMemoryNetBox();
      const machine = netbox.put(machines, { name: 'web', status: 'active' });
      const address = netbox.put(addresses, { address: '10.0.0.5/24' });
      netbox.verdict = ({ path }) => (isRefused && path === machines ? refusal({ __all__: ['Not now.'] }) : undefined);
      const gone = { primary_ip4: null };
      const onPort = { assigned_object_type: 'virtualization.vminterface' };

      const { outcomes } = await apply(netbox, [
        update(
          address,
          { ...onPort, assigned_object_id: 9 },
          { kind: 'ip-address', after: `released-primary:${machine.id}` },
        ),
        update(machine, gone, { kind: 'released-primary', fields: gone }),
      ]);

      expect(netbox.writes.map(({ path }) => path)).toEqual(isRefused ? [machines] : [machines, addresses]);
      const moved = outcomes.find(({ kind }) => kind === 'ip-address');
      expect(moved).toMatchObject(
        isRefused ? { status: 'failed', reason: { code: 'dependency_failed' } } : { status: 'updated' },
      );
    }
  });
});

describe('an address that NetBox keeps unique', () => {
  const taken = { code: 'ip_conflict', message: 'Another object has it.' } as const;
  const anAddress = (more: Partial<Desired> = {}): Change =>
    create(
      aDesired({ kind: 'ip-address', key: 'a', label: '10.0.0.5/24', fields: { address: '10.0.0.5/24' }, ...more }),
    );
  const refuse = (text: string) => {
    const netbox = createInMemoryNetBox();
    netbox.verdict = () => refusal({ address: [text] });
    return netbox;
  };
  const duplicate = 'Duplicate IP address found in global table: 10.0.0.5/24';

  it('is skipped where the plan knew who has it, and failed where it did not', async () => {
    const known = await apply(refuse(duplicate), [anAddress({ ifDuplicate: taken })]);
    expect(lines(known.outcomes)).toEqual(['ip-address 10.0.0.5/24: skipped ip_conflict']);
    const unknown = await apply(refuse(duplicate), [anAddress()]);
    expect(lines(unknown.outcomes)).toEqual(['ip-address 10.0.0.5/24: failed rejected']);
  });

  it('takes along what only says more about it: left out with it, and failed with it', async () => {
    const link = (along: object): Change =>
      create(
        aDesired({
          kind: 'guest-vm-interface-address',
          key: 'a',
          label: 'ens18 10.0.0.5/24',
          fields: { guest_interface: 1, ip_address: { ...ref('ip-address', 'a'), ...along } },
        }),
      );
    const told = async (along: object, more: Partial<Desired>): Promise<readonly string[]> =>
      lines((await apply(refuse(duplicate), [link(along), anAddress(more)])).outcomes);

    expect(await told({ along: true }, { ifDuplicate: taken })).toContain(
      'guest-vm-interface-address ens18 10.0.0.5/24: skipped dependency_left_out',
    );
    for (const failing of [told({}, { ifDuplicate: taken }), told({ along: true }, {})])
      expect(await failing).toContain('guest-vm-interface-address ens18 10.0.0.5/24: failed dependency_failed');
  });

  it('is failed where NetBox refused it for something else', async () => {
    const { outcomes } = await apply(refuse('10.0.0.5 is a network ID.'), [anAddress({ ifDuplicate: taken })]);
    expect(lines(outcomes)).toEqual(['ip-address 10.0.0.5/24: failed rejected']);
  });
});
