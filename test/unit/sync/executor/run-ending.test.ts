import { describe, expect, it } from 'vitest';
import { ProxboxError } from '../../../../src/errors/proxbox-error.js';
import type { NetBoxClient } from '../../../../src/netbox/types.js';
import { applyPlan, type Applied } from '../../../../src/sync/executor/executor.js';
import { type Change, type Desired, ref } from '../../../../src/sync/types.js';
import { createInMemoryNetBox } from '../../../support/factories/in-memory-netbox.js';
import { stored } from '../../../support/factories/netbox-records.js';
import { refusal } from '../../../support/factories/netbox-rules.js';
import { anExecutorContext } from '../../../support/factories/run.js';
import { aDesired, aPlan } from '../../../support/factories/sync.js';

const machines = '/api/virtualization/virtual-machines/';

/** A client that loses NetBox after the first object of each bulk write of machines, and says so per object. */
function losing(client: NetBoxClient, error: ProxboxError): NetBoxClient {
  return {
    ...client,
    bulkCreate: async (path, bodies, options) => {
      if (path !== machines) return client.bulkCreate(path, bodies, options);
      const done = await client.bulkCreate(path, bodies.slice(0, 1), options);
      return [...done, ...bodies.slice(1).map(() => ({ status: 'failed' as const, error }))];
    },
    bulkPatch: async (path, items, options) => {
      const done = await client.bulkPatch(path, items.slice(0, 1), options);
      return [...done, ...items.slice(1).map(() => ({ status: 'failed' as const, error }))];
    },
  };
}

const machine = (name: string): Desired =>
  aDesired({ key: name, label: name, fields: { name, status: 'active', cluster: 1 } });
const create = (desired: Desired): Change => ({ action: 'create', desired });
const stateOf = (key: string): Change =>
  create(aDesired({ kind: 'vm-state', key, label: key, fields: { virtual_machine: ref('virtual-machine', key) } }));

function lines({ outcomes }: Applied): readonly string[] {
  return outcomes.map(
    ({ kind, label, status, reason }) => `${kind} ${label}: ${status}${reason === undefined ? '' : ` ${reason.code}`}`,
  );
}

describe.each([
  ['NetBox is gone', new ProxboxError('netbox_unreachable', 'No connection')],
  ['the token is refused', refusal({ detail: 'Token expired' }, 403)],
  ['the run is cancelled', new ProxboxError('cancelled', 'Stopped')],
])('when %s in the middle of a bulk write', (_when, error) => {
  it('what was created counts, and the rest and later kinds are not attempted', async () => {
    const netbox = createInMemoryNetBox();
    const plan = aPlan([create(machine('a')), create(machine('b')), create(machine('c')), stateOf('a')]);
    const applied = await applyPlan(plan, anExecutorContext(losing(netbox.client, error)));
    expect(lines(applied)).toEqual([
      'virtual-machine a: created',
      'virtual-machine b: failed not_attempted',
      'virtual-machine c: failed not_attempted',
      'vm-state a: failed not_attempted',
    ]);
    expect(applied.stopped).toBe(error);
    expect(applied.ids.get('virtual-machine:a')).toBe(netbox.rows(machines)[0]?.id);
    expect(applied.warnings).toEqual([]);
  });

  it('what was updated counts, and nothing is created after it', async () => {
    const netbox = createInMemoryNetBox();
    const changes = ['a', 'b'].map((name): Change => {
      const current = stored('virtual-machine', netbox.put(machines, { name, status: 'active' }));
      const why = [{ field: 'memory', from: null, to: 2 }];
      return { action: 'update', desired: machine(name), current, patch: { memory: 2 }, why };
    });
    const plan = aPlan([...changes, create(machine('new'))]);
    const applied = await applyPlan(plan, anExecutorContext(losing(netbox.client, error)));
    expect(lines(applied)).toEqual([
      'virtual-machine a: updated',
      'virtual-machine b: failed not_attempted',
      'virtual-machine new: failed not_attempted',
    ]);
    expect(applied.outcomes[1]?.reason?.message).toContain('The run stopped before "b" was written');
    expect(netbox.rows(machines)).toHaveLength(2);
  });
});
